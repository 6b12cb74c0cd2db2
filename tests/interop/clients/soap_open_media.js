// A client of node's soap of the Open Media service, that knows it by its WSDL alone.
//
// usage: soap_open_media.js WSDL USER, and the password on standard input. Prints what it got as JSON.

const fs = require("fs");
const { createRequire } = require("module");
const path = require("path");
const soap = createRequire(path.join(process.env.CTI_BRIDGE_INTEROP, "node", "package.json"))("soap");

async function main() {
  const [wsdl, user] = process.argv.slice(2);
  const password = fs.readFileSync(0, "utf8");
  const client = await soap.createClientAsync(wsdl, { strict: true });
  const authenticate = (secret) => {
    client.clearSoapHeaders();
    client.addSoapHeader({ LogonID: user }, "", "", "OpenMediaService");
    client.addSoapHeader({ Password: secret }, "", "", "OpenMediaService");
  };
  // What is answered; of a fault its type and its message.
  const call = async (operation, args) => {
    try {
      return (await client[operation + "Async"](args))[0][operation + "Result"];
    } catch (error) {
      const fault = error.root?.Envelope.Body.Fault;
      if (!fault) throw error;
      const [[name, detail]] = Object.entries(fault.detail).filter(([key]) => key !== "attributes");
      return { fault: name, message: detail.Message };
    }
  };
  const requests = (answer) => [answer.OpenMediaRequests?.OpenMediaRequest ?? []].flat();
  const brief = (entries) => entries.map((entry) => [entry.Status, entry.ServiceGroupID]);

  const [service] = Object.values(client.describe());
  const [port] = Object.values(service);
  const got = { operations: Object.keys(port).sort() };
  const info = { IVRInformation: [{ Data: "555 <1234> & ü", Label: "ANI" }, { Data: "800", Label: "DNIS" }] };
  const request = { IVRInfo: info, PrivateData: "guid-1", ServiceGroupID: 9, SessionPriority: 7 };
  authenticate("guess");
  got.stranger = await call("AddRequest", { request });
  authenticate(password);
  got.added = await call("AddRequest", { request });
  const number = got.added.OpenMediaID;
  delete got.added.OpenMediaID;
  const answer = await call("GetOpenMediaRequestStatusByID", { openMediaID: number });
  [got.queued] = requests(answer);
  const queued = got.queued.TimeStamp;
  if (got.queued.ID !== number || queued > answer.TimeStamp) throw new Error(JSON.stringify(answer));
  delete got.queued.ID;
  delete got.queued.TimeStamp;
  got.modified = await call("ModifyRequest", {
    request: { IVRInfo: { IVRInformation: [{ Data: "x", Label: "Note" }] }, OpenMediaID: number },
  });
  got.diverted = await call("DivertRequest", { request: { OpenMediaID: number, ServiceGroupID: 11 } });
  if (got.diverted.OpenMediaID !== number) throw new Error(JSON.stringify(got.diverted));
  delete got.diverted.OpenMediaID;
  const own = async (operation, args) => requests(await call(operation, args)).filter((entry) => entry.ID === number);
  // Updates come when the service hears of them.
  const later = { retrieveLaterThan: answer.TimeStamp.toISOString() };
  const until = Date.now() + 30000;
  do {
    got.latest = brief(await own("GetOpenMediaRequestsByTime", later)).slice(-1);
  } while (got.latest[0]?.[1] !== 11 && Date.now() < until);
  const before = new Date(queued.getTime() - 1000).toISOString();
  got.history = brief(await own("GetOpenMediaRequestHistoryByID", { openMediaID: number, retrieveLaterThan: before }));
  got.all = brief(await own("GetAllOpenMediaRequestStatus", {}));
  const cancelling = { request: { CancelIfAllocated: true, DoNotReport: false, OpenMediaID: number } };
  got.cancelled = await call("CancelRequest", cancelling);
  got.again = await call("CancelRequest", cancelling);
  got.unknown = await call("GetOpenMediaRequestStatusByID", { openMediaID: 424242 });
  got.closed = (await call("AddRequest", { request: { ...request, ServiceGroupID: 12 } })).RequestStatus;
  const long = { IVRInformation: [{ Data: "y", Label: "x".repeat(101) }] };
  got["too long"] = (await call("AddRequest", { request: { ...request, IVRInfo: long } })).fault;
  got.group = await call("GetServiceGroupStatus", { serviceGroupID: 12 });
  const groups = (await call("GetAllOpenMediaServiceGroupStatus", { tenantID: 1 })).Status.ServiceGroupStatus;
  got.groups = groups.map((group) => [group.ServiceGroupID, group.Open]).sort((one, other) => one[0] - other[0]);
  got.options = await call("SetOptions", { request: { CloseTabOptions: 4, TypeOfSession: 2 } });
  console.log(JSON.stringify(got));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

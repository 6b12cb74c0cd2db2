// A client of node's soap, that knows the service by its WSDL alone.
//
// usage: soap_client.js WSDL CALLBACK-URL USER, and the password on standard input. Prints what it got as JSON.

const fs = require("fs");
const { createRequire } = require("module");
const path = require("path");
const soap = createRequire(path.join(process.env.CTI_BRIDGE_INTEROP, "node", "package.json"))("soap");

async function main() {
  const [wsdl, callback, user] = process.argv.slice(2);
  const client = await soap.createClientAsync(wsdl, { strict: true });
  const call = async (operation, args) => (await client[operation + "Async"]({ args }))[0][operation + "Result"];
  const open = (password) =>
    call("OpenConnection", {
      ClientCallbackURL: callback,
      TenantIds: { int: [1] },
      UserCredentials: { Password: password, UserName: user },
    });

  const [service] = Object.values(client.describe());
  const [port] = Object.values(service);
  const got = { operations: Object.keys(port).sort() };
  try {
    await open("guess");
  } catch (error) {
    const fault = error.root.Envelope.Body.Fault;
    got.fault = { reason: fault.faultstring, detail: fault.detail ?? null };
  }
  got.session = await open(fs.readFileSync(0, "utf8"));
  const own = { SessionId: got.session.SessionId, TenantId: 1 };
  got.AddMessageClass = await call("AddMessageClass", { MessageClass: "EventCategoryAgent", ...own });
  got.OnLine = await call("OnLine", own);
  got.Snapshot = await call("Snapshot", { EntityType: { CTIEntityType: ["AgentInfo", "ServiceInfo"] }, ...own });
  console.log(JSON.stringify(got));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

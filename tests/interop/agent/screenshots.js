// Makes the pictures of the desk in the documentation: node tests/interop/agent/screenshots.js FOLDER

"use strict";

const path = require("path");
const { Bridge, Office } = require("./bridge");
const { DESK_FILES, launch, open } = require("./browser");

const VIEWS = {
  "agent-desk.png": { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  "agent-desk-dark.png": { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  "agent-desk-phone.png": { viewport: { width: 390, height: 844 }, colorScheme: "light" },
};

async function main(folder) {
  const office = new Office({ ReadyStatus: true });
  const bridge = await Bridge.start({ files: DESK_FILES, offices: { secret: office } });
  const browser = await launch();
  const pages = {};
  for (const [name, view] of Object.entries(VIEWS)) {
    pages[name] = await open(browser, bridge.url + "/#token=secret", { ...view, reducedMotion: "reduce" });
    await pages[name].waitForFunction(() => window.agentClient.connected);
  }
  office.wait(950, "+44 20 7946 0123", "Sales");
  office.wait(951, "+1 212 555 0188", "Support");
  office.change(office.ring(), 6);
  office.ring({ CallerName: "Kim Roe", PhoneNumber: "+33 1 55 51 23 40", IVRData: ["50117", "Silver", "A-1102"] });
  for (const [name, page] of Object.entries(pages)) {
    await page.getByRole("button", { name: "Answer" }).waitFor();
    await page.screenshot({ path: path.join(folder, name) });
  }
  await browser.close();
  await bridge.stop();
}

main(process.argv[2] || ".");

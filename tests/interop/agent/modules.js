// The packages of package.json, from where tests/interop/run has installed them.

"use strict";

const { createRequire } = require("module");
const path = require("path");

const ROOT = path.resolve(__dirname, "..", "..", "..");
const installed = process.env.CTI_BRIDGE_INTEROP || path.join(ROOT, "target", "interop");

module.exports = createRequire(path.join(installed, "node", "package.json"));

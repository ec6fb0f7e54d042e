export type { LabTestbed } from "../server/testbeds.js";
export { type RoomTestbed, type SandboxedRoomOptions, sandboxedRoom } from "./sandboxed.js";
export { pythonStage, type RoomStage } from "./stage.js";

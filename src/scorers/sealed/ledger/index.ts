export type { Ledger } from "./ledger.js";
export { type LedgerOptions, openLedger } from "./open.js";
export { type Receipt, verifyReceipt } from "./receipt.js";
export { type LedgerCheck, verifyLedger } from "./verify.js";

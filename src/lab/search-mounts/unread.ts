/** Why a file, or a part of it, could not be looked at. */
export class Unread extends Error {}

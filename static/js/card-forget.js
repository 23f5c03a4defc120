// Somebody is about to sign in: the copy of the card of whoever was here before goes.

globalThis.caches?.delete("card");

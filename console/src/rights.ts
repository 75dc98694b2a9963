/** The rights of roles. The page doesn't offer anything that the server would refuse. */
import type { User } from "./api";

export const writes = (me: User) => me.role !== "auditor";

export const manages = (me: User) => me.role === "owner" || me.role === "admin";

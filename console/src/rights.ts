/** The rights of roles. The page doesn't offer anything that the server would refuse. */
import type { User } from "./api";

export const writes = (me: User) => me.role !== "auditor";

export const manages = (me: User) => me.role === "owner" || me.role === "admin";

/** Whether a person sees what is for those who manage or audit. */
export const audits = (me: User) => manages(me) || me.role === "auditor";

/** Whether a person sees more than the contacts that are assigned to them. */
export const seesEverything = (me: User) => audits(me) || !me.assigned_only;

/** Whether a person may give or change a role: only owners manage owners. */
export const managesRole = (me: User, role: string) => manages(me) && (role !== "owner" || me.role === "owner");

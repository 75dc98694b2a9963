/** What a role allows, so that the page offers nothing that the server would refuse. */
import type { User } from "./api";

export const manages = (me: User) => me.role === "owner" || me.role === "admin";

import type { PolicyChange, User } from "../api";
import { changePolicy } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { usePolicy } from "../queries";
import { manages } from "../rights";

export function Policy({ me }: { me: User }) {
  const policy = usePolicy();
  const change = useChange((body: PolicyChange) => data(changePolicy({ body, throwOnError: true })), ["policy"]);
  const now = policy.data;
  if (!now) return <Failure error={policy.error} />;
  const off = !manages(me);
  return (
    <form
      className="inline"
      key={JSON.stringify(now)}
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        change.mutate({
          min_participants: Number(form.get("min")),
          max_participants: Number(form.get("max")),
          reopen_on_opt_in: form.get("reopen") === "on",
        });
      }}
    >
      <label>
        Preset
        <select
          disabled={off}
          value={now.preset ?? ""}
          onChange={(event) => change.mutate({ preset: event.target.value as "heymarket" | "highlevel" })}
        >
          <option value="heymarket">Heymarket</option>
          <option value="highlevel">HighLevel</option>
        </select>
      </label>
      <p className="hint">
        A preset follows the rules of the product with its name. It takes effect when you choose it.
      </p>
      <label>
        Fewest participants
        <input name="min" type="number" min={1} disabled={off} defaultValue={now.min_participants} />
      </label>
      <label>
        Most participants
        <input name="max" type="number" min={1} disabled={off} defaultValue={now.max_participants} />
      </label>
      <label className="check">
        <input name="reopen" type="checkbox" disabled={off} defaultChecked={now.reopen_on_opt_in} />
        Reopen a group when everybody who opted out opts in again
      </label>
      <p className="hint">Regions that can be texted: {(now.allowed_regions ?? []).join(", ")}</p>
      {!off && (
        <button type="submit" className="primary" disabled={change.isPending}>
          Save
        </button>
      )}
      <Failure error={change.error} />
    </form>
  );
}

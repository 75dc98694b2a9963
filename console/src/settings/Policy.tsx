import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { PolicyChange, User } from "../api";
import { changePolicy } from "../api";
import { Confirm } from "../Confirm";
import { Failure, useChange } from "../changes";
import { Check, Field, Form, isOn, Lines, written } from "../Form";
import { data } from "../http";
import { usePolicy } from "../queries";
import { manages } from "../rights";

const PRESETS = { heymarket: "Heymarket", highlevel: "HighLevel" } as const;
type Preset = keyof typeof PRESETS;

export function Policy({ me }: { me: User }) {
  const queries = useQueryClient();
  const policy = usePolicy();
  const [saved, setSaved] = useState(0);
  const [preset, setPreset] = useState<Preset | null>(null);
  const change = useChange(
    (body: PolicyChange) => data(changePolicy({ body, throwOnError: true })),
    ["policy"],
    (now) => {
      queries.setQueryData(["policy"], now);
      setSaved((n) => n + 1);
      setPreset(null);
    },
  );
  const now = policy.data;
  if (!now) return <Failure error={policy.error} />;
  const off = !manages(me);
  return (
    <>
      <section className="card" aria-label="Preset">
        <p>
          This workspace follows the rules of <strong>{PRESETS[now.preset]}</strong>, with what is changed below.
        </p>
        {!off && (
          <div className="actions">
            {(Object.keys(PRESETS) as Preset[]).map((each) => (
              <button key={each} type="button" onClick={() => setPreset(each)}>
                {`Use ${PRESETS[each]}'s rules`}
              </button>
            ))}
          </div>
        )}
      </section>
      <Form
        key={saved}
        change={change}
        action="Save"
        off={off}
        onSubmit={(form) =>
          change.mutate({
            min_participants: Number(written(form, "min_participants")),
            max_participants: Number(written(form, "max_participants")),
            allowed_regions: words(written(form, "allowed_regions").toUpperCase()),
            reopen_on_opt_in: isOn(form, "reopen_on_opt_in"),
            opt_out_keywords: lines(form, "opt_out_keywords"),
            opt_in_keywords: lines(form, "opt_in_keywords"),
          })
        }
      >
        <fieldset>
          <legend>Groups</legend>
          <div className="pair">
            <Field
              name="min_participants"
              label="Fewest participants"
              type="number"
              min={2}
              max={50}
              required
              defaultValue={now.min_participants}
            />
            <Field
              name="max_participants"
              label="Most participants"
              type="number"
              min={2}
              max={50}
              required
              defaultValue={now.max_participants}
            />
          </div>
          <Field
            name="allowed_regions"
            label="Regions that can be texted"
            required
            defaultValue={now.allowed_regions.join(", ")}
            hint="Two-letter codes, such as US, CA."
          />
        </fieldset>
        <fieldset>
          <legend>Opting out and in</legend>
          <Check
            name="reopen_on_opt_in"
            label="Reopen a group when everybody who opted out opts in again"
            defaultChecked={now.reopen_on_opt_in}
          />
          <div className="pair">
            <Lines
              name="opt_out_keywords"
              label="Your own opt-out keywords"
              rows={3}
              defaultValue={now.opt_out_keywords.join("\n")}
            />
            <Lines
              name="opt_in_keywords"
              label="Your own opt-in keywords"
              rows={3}
              defaultValue={now.opt_in_keywords.join("\n")}
            />
          </div>
          <p className="hint">One in each line. STOP, START and the other usual words always work.</p>
        </fieldset>
      </Form>
      {preset && (
        <Confirm
          title={`Use ${PRESETS[preset]}'s rules?`}
          action="Use these rules"
          change={change}
          onConfirm={() => change.mutate({ preset })}
          onClose={() => setPreset(null)}
        >
          <p>
            The numbers of participants, the regions and reopening become those of {PRESETS[preset]}. Keywords stay.
            Groups that exist don't change.
          </p>
        </Confirm>
      )}
    </>
  );
}

const words = (text: string) => text.split(/[\s,;]+/).filter(Boolean);

const lines = (form: FormData, name: string) =>
  written(form, name)
    .split("\n")
    .flatMap((each) => each.trim() || []);

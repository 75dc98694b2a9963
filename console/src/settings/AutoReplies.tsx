import { useQuery } from "@tanstack/react-query";
import type { AutoRepliesChange, User } from "../api";
import { changeAutoReplies, readAutoReplies } from "../api";
import { Failure, useChange } from "../changes";
import { data } from "../http";
import { manages } from "../rights";

const LANGUAGES = { en: "English", es: "Spanish", fr: "French" } as const;
const TEXTS = { opt_out_texts: "Confirmation of an opt-out", help_texts: "Answer to HELP" } as const;

type Name = keyof typeof TEXTS;
type Language = keyof typeof LANGUAGES;

export function AutoReplies({ me }: { me: User }) {
  const replies = useQuery({
    queryKey: ["auto-replies"],
    queryFn: () => data(readAutoReplies({ throwOnError: true })),
  });
  const change = useChange(
    (body: AutoRepliesChange) => data(changeAutoReplies({ body, throwOnError: true })),
    ["auto-replies"],
  );
  const now = replies.data;
  if (!now) return <Failure error={replies.error} />;
  const off = !manages(me);
  return (
    <form
      key={JSON.stringify(now)}
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const texts = (name: Name) => {
          const changed = (Object.keys(LANGUAGES) as Language[])
            .map((each) => [each, String(form.get(`${name}.${each}`)).trim()] as const)
            .filter(([each, text]) => text !== now[name][each]);
          return Object.fromEntries(changed.map(([each, text]) => [each, text || null]));
        };
        change.mutate({
          confirms_opt_outs: form.get("confirms") === "on",
          answers_help: form.get("helps") === "on",
          opt_out_texts: texts("opt_out_texts"),
          help_texts: texts("help_texts"),
        });
      }}
    >
      <label className="check">
        <input name="confirms" type="checkbox" disabled={off} defaultChecked={now.confirms_opt_outs} />
        Confirm an opt-out to the person, once and within five minutes
      </label>
      <label className="check">
        <input name="helps" type="checkbox" disabled={off} defaultChecked={now.answers_help} />
        Answer HELP and INFO
      </label>
      {(Object.keys(TEXTS) as Name[]).map((name) => (
        <fieldset key={name} disabled={off}>
          <legend>{TEXTS[name]}</legend>
          {(Object.keys(LANGUAGES) as Language[]).map((each) => (
            <label key={each}>
              {LANGUAGES[each]}
              <textarea name={`${name}.${each}`} rows={2} maxLength={160} defaultValue={now[name][each]} />
            </label>
          ))}
        </fieldset>
      ))}
      <p className="hint">
        {"{business}"} stands for the workspace&apos;s name. An empty text is the standard one. If the carrier itself
        answers a keyword, nothing is sent from here.
      </p>
      {!off && (
        <button type="submit" className="primary" disabled={change.isPending}>
          Save
        </button>
      )}
      <Failure error={change.error} />
    </form>
  );
}

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AutoRepliesChange, AutoRepliesShown, User } from "../api";
import { changeAutoReplies, readAutoReplies } from "../api";
import { Failure, useChange } from "../changes";
import { Check, Form, isOn, Lines, written } from "../Form";
import { data } from "../http";
import { manages } from "../rights";

const LANGUAGES = { en: "English", es: "Spanish", fr: "French" } as const;
const TEXTS = { opt_out_texts: "Confirmation of an opt-out", help_texts: "Answer to HELP" } as const;

type Name = keyof typeof TEXTS;
const languages = Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[];

export function AutoReplies({ me }: { me: User }) {
  const queries = useQueryClient();
  const [saved, setSaved] = useState(0);
  const replies = useQuery({
    queryKey: ["auto-replies"],
    queryFn: () => data(readAutoReplies({ throwOnError: true })),
  });
  const change = useChange(
    (body: AutoRepliesChange) => data(changeAutoReplies({ body, throwOnError: true })),
    ["auto-replies"],
    (now) => {
      queries.setQueryData(["auto-replies"], now);
      setSaved((n) => n + 1);
    },
  );
  const now = replies.data;
  if (!now) return <Failure error={replies.error} />;
  return (
    <Form
      key={saved}
      change={change}
      action="Save"
      off={!manages(me)}
      onSubmit={(form) =>
        change.mutate({
          confirms_opt_outs: isOn(form, "confirms"),
          answers_help: isOn(form, "helps"),
          opt_out_texts: changed(form, now, "opt_out_texts"),
          help_texts: changed(form, now, "help_texts"),
        })
      }
    >
      <Check
        name="confirms"
        label="Confirm an opt-out to the person, once and within five minutes"
        defaultChecked={now.confirms_opt_outs}
      />
      <Check name="helps" label="Answer HELP and INFO" defaultChecked={now.answers_help} />
      <p className="hint">
        {"{business}"} stands for the workspace&apos;s name. An empty text is the standard one. If the carrier itself
        answers a keyword, nothing is sent from here.
      </p>
      {(Object.keys(TEXTS) as Name[]).map((name) => (
        <fieldset key={name}>
          <legend>{TEXTS[name]}</legend>
          {languages.map((each) => (
            <Lines
              key={each}
              name={`${name}.${each}`}
              label={LANGUAGES[each]}
              lang={each}
              rows={2}
              maxLength={160}
              defaultValue={now[name][each]}
            />
          ))}
        </fieldset>
      ))}
    </Form>
  );
}

/** Return the texts of one kind that a person changed; an empty one becomes the standard text. */
function changed(form: FormData, now: AutoRepliesShown, name: Name) {
  const texts = languages.map((each) => [each, written(form, `${name}.${each}`)] as const);
  return Object.fromEntries(texts.flatMap(([each, text]) => (text === now[name][each] ? [] : [[each, text || null]])));
}

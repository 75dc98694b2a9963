import { type ComponentProps, createContext, type ReactNode, useContext, useEffect, useId, useRef } from "react";
import { explain, Problem, plain } from "./http";

/** What a form has to know of the change that it makes. */
export type Change = { isPending: boolean; error: unknown };

/** The fields that refusals without a place are about. */
const FIELD_OF: Record<string, string> = {
  "external-id-taken": "external_id",
  "number-taken": "number",
  "user-exists": "email",
};

type Faults = ReadonlyMap<string, string>;
type State = { faults: Faults; fields: Set<string>; touched: Set<string>; off: boolean };

const Inside = createContext<State>({ faults: new Map(), fields: new Set(), touched: new Set(), off: false });

type Props = {
  change: Change;
  action: string;
  onSubmit: (form: FormData) => void;
  onCancel?: () => void;
  isDanger?: boolean;
  /** Whether the person may only look. */
  off?: boolean;
  className?: string;
  children: ReactNode;
};

/** A form. What is wrong is shown at its field, which gets the focus; what is wrong with no field in particular, above the buttons. */
export function Form({ change, action, onSubmit, onCancel, isDanger, off = false, className, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const fields = useRef(new Set<string>()).current;
  const touched = useRef(new Set<string>()).current;
  const faults = faultsOf(change.error);
  useEffect(() => {
    if (change.error) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [change.error]);
  const others = [...faults].flatMap(([name, detail]) => (fields.has(name) ? [] : [detail]));
  return (
    <form
      ref={form}
      className={className}
      onInput={({ target }) => "name" in target && touched.add(String(target.name))}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(new FormData(event.currentTarget));
      }}
    >
      <Inside value={{ faults, fields, touched, off }}>{children}</Inside>
      {others.map((detail) => (
        <p key={detail} className="error" role="alert">
          {detail}
        </p>
      ))}
      {!off && (
        <div className="actions">
          <button type="submit" className={isDanger ? "danger" : "primary"} disabled={change.isPending}>
            {action}
          </button>
          {onCancel && (
            <button type="button" onClick={onCancel}>
              Cancel
            </button>
          )}
        </div>
      )}
    </form>
  );
}

/** Return what is wrong, by the names of fields. */
function faultsOf(error: unknown): Faults {
  if (!error) return new Map();
  const listed = error instanceof Problem ? error.members.errors : undefined;
  if (Array.isArray(listed) && listed.length > 0) {
    return new Map(listed.map(({ loc, detail }) => [fieldAt(String(loc)), plain(String(detail))]));
  }
  const field = error instanceof Problem ? FIELD_OF[error.slug] : undefined;
  return new Map([[field ?? "", explain(error)]]);
}

/** Return the field at a place of a request: `types` for `types.3`. */
const fieldAt = (loc: string) => loc.replace(/^(?:body|path|query)\./, "").replace(/\.\d+$/, "");

/**
 * Return a key of a field with which it follows its value from outside, which another user may change, until somebody writes into it.
 */
function useUntouched(name: string, value: unknown): string {
  const { touched } = useContext(Inside);
  const shown = useRef(value);
  if (!touched.has(name)) shown.current = value;
  return String(shown.current);
}

type Common = { name: string; label: ReactNode; hint?: ReactNode };

/** Return the attributes of a field, and what is below it: its hint and what is wrong. */
export function useField({ name, hint }: Common) {
  const { faults, fields, off } = useContext(Inside);
  const id = useId();
  useEffect(() => {
    fields.add(name);
    return () => {
      fields.delete(name);
    };
  }, [fields, name]);
  const fault = faults.get(name);
  const described = [hint && `${id}hint`, fault && `${id}fault`].filter(Boolean).join(" ");
  return {
    attributes: {
      name,
      disabled: off,
      "aria-invalid": fault ? true : undefined,
      "aria-describedby": described || undefined,
    },
    below: (
      <>
        {hint && (
          <p id={`${id}hint`} className="hint">
            {hint}
          </p>
        )}
        {fault && (
          <p id={`${id}fault`} className="error" role="alert">
            {fault}
          </p>
        )}
      </>
    ),
  };
}

/** A field with one line of text. */
export function Field({ name, label, hint, ...rest }: Common & ComponentProps<"input">) {
  const { attributes, below } = useField({ name, label, hint });
  const key = useUntouched(name, rest.defaultValue);
  return (
    <div className="field">
      <label>
        {label}
        <input key={key} {...attributes} {...rest} />
      </label>
      {below}
    </div>
  );
}

/** A field with several lines of text. */
export function Lines({ name, label, hint, ...rest }: Common & ComponentProps<"textarea">) {
  const { attributes, below } = useField({ name, label, hint });
  const key = useUntouched(name, rest.defaultValue);
  return (
    <div className="field">
      <label>
        {label}
        <textarea key={key} {...attributes} {...rest} />
      </label>
      {below}
    </div>
  );
}

/** A choice of one of some values, each with its words. */
export function Choice({
  name,
  label,
  hint,
  options,
  ...rest
}: Common & ComponentProps<"select"> & { options: readonly (readonly [value: string, words: string])[] }) {
  const { attributes, below } = useField({ name, label, hint });
  const key = useUntouched(name, rest.defaultValue);
  return (
    <div className="field">
      <label>
        {label}
        <select key={key} {...attributes} {...rest}>
          {options.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {below}
    </div>
  );
}

/** Something that is on or off. */
export function Check({ name, label, hint, ...rest }: Common & ComponentProps<"input">) {
  const { attributes, below } = useField({ name, label, hint });
  const key = useUntouched(name, rest.defaultChecked);
  return (
    <div className="field">
      <label className="check">
        <input key={key} type="checkbox" {...attributes} {...rest} />
        {label}
      </label>
      {below}
    </div>
  );
}

/** The id that another system has for a user or a contact. */
export function ExternalId({ of, value }: { of: "user" | "contact"; value: string | null | undefined }) {
  return (
    <Field
      name="external_id"
      label="External id (optional)"
      maxLength={128}
      pattern="[!-.0-~]*"
      title="No spaces, slashes or accents"
      defaultValue={value ?? ""}
      autoComplete="off"
      hint={`The ${of}'s id in another system, such as your CRM.`}
    />
  );
}

/** Return what was written into a field, without space around it. */
export const written = (form: FormData, name: string): string => String(form.get(name) ?? "").trim();

/** Return whether something is on. */
export const isOn = (form: FormData, name: string): boolean => form.get(name) === "on";

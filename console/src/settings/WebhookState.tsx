import type { WebhookStatus } from "../api";

/** How often the state of webhooks is read, which no event reports. */
export const LOOK_MS = 3_000;

const OFF = {
  failing: "Off: no call has succeeded for 3 days",
  gone: "Off: the address is gone",
  user: "Off",
} as const;

/** Whether a webhook is on, and how it is doing, as tags. */
export function State({ webhook }: { webhook: WebhookStatus }) {
  return (
    <>
      {!webhook.active ? (
        <span className="tag deleted">{OFF[webhook.off_reason ?? "user"]}</span>
      ) : webhook.failing_since ? (
        <span className="tag deleted">Failing</span>
      ) : (
        <span className="tag good">Working</span>
      )}{" "}
      {webhook.waiting > 0 && <span className="tag updated">{webhook.waiting} waiting</span>}{" "}
      {webhook.set_aside > 0 && <span className="tag updated">{webhook.set_aside} set aside</span>}
    </>
  );
}

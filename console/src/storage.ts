/** The data that the page keeps in the browser: drafts by conversation, and unsettled sends. It never keeps a key. */

function read<T>(key: string, otherwise: T): T {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "") as T;
  } catch {
    return otherwise;
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // Without storage, a draft lasts as long as the page.
  }
}

const draftKey = (conversationId: string) => `groupchat.draft.${conversationId}`;

export const readDraft = (conversationId: string): string => read(draftKey(conversationId), "");
export const keepDraft = (conversationId: string, body: string): void => write(draftKey(conversationId), body);

/** A file that is uploaded and not sent yet. */
export type Attached = { media_id: string; name: string; content_type: string };

const filesKey = (conversationId: string) => `groupchat.draft-files.${conversationId}`;

export const readDraftFiles = (conversationId: string): Attached[] => read(filesKey(conversationId), []);
export const keepDraftFiles = (conversationId: string, files: Attached[]): void =>
  write(filesKey(conversationId), files.length > 0 ? files : null);

/** A message that the server has not acknowledged. Its key makes every repeat the same request. */
export type Unsettled = {
  key: string;
  conversationId: string;
  body: string;
  files: Attached[];
  /** The version of the newest message that was shown when it was sent. */
  after: number;
  at: string;
  failed: string | null;
};

const OUTBOX = "groupchat.outbox";

export const readOutbox = (): Unsettled[] => read(OUTBOX, []);
export const keepOutbox = (unsettled: Unsettled[]): void => write(OUTBOX, unsettled.length > 0 ? unsettled : null);

const SIGNED_IN = "groupchat.signed-in";

/** Whether there may be a session: without one, the server need not be asked. */
export const wasSignedIn = (): boolean => read(SIGNED_IN, false);
export const keepSignedIn = (): void => write(SIGNED_IN, true);
export const forgetSession = (): void => write(SIGNED_IN, false);

const WITHOUT_SHORTCUTS = "groupchat.without-shortcuts";

export const readShortcuts = (): boolean => !read(WITHOUT_SHORTCUTS, false);
export const keepShortcuts = (on: boolean): void => write(WITHOUT_SHORTCUTS, !on);

/** Forget everything, because the user signs out. */
export function forget(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith("groupchat.")) localStorage.removeItem(key);
}

/** The state of the history entry that leads to a conversation somebody just created. */
export const CREATED = "created";

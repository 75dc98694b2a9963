import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { Problem } from "./http";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/marks.css";
import "./styles/frame.css";
import "./styles/narrow.css";
import "./styles/inbox.css";
import "./styles/thread.css";
import "./styles/messages.css";
import "./styles/delivery.css";
import "./styles/composer.css";
import "./styles/panes.css";
import "./styles/dialogs.css";
import "./styles/pages.css";
import "./styles/tables.css";
import "./styles/sign-in.css";
import "./styles/forms.css";

const passes = (error: unknown) => error instanceof Problem && error.passes;
const log = (error: unknown) => {
  if (!(error instanceof Problem)) console.error(error);
};

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: log }),
  mutationCache: new MutationCache({ onError: log }),
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      retry: (failures, error) => failures < 4 && passes(error),
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 5_000),
    },
    mutations: { retry: false, networkMode: "always" },
  },
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}

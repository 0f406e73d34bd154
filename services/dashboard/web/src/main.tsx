import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./app.css";
import { queryClient } from "./lib/query-client";
import { onSessionChange, refresh } from "./lib/session";
import { applyTheme } from "./lib/theme";
import { router } from "./router";

applyTheme();
// Whoever was signed in still is: ask before the first page is chosen.
await refresh();
onSessionChange(() => {
  queryClient.clear();
  void router.invalidate();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

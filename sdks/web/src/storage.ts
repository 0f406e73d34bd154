/** Text by name. */
export interface Storage {
  get(name: string): string | null;
  set(name: string, value: string): void;
  remove(name: string): void;
  names(): string[];
}

const PREFIX = "millrace.";

/** The browser's storage, or memory where it is blocked or full. */
export function openStorage(): Storage {
  const memory = new Map<string, string>();
  const local = usable();
  return {
    get: (name) => local?.getItem(PREFIX + name) ?? memory.get(name) ?? null,
    set(name, value) {
      try {
        if (local) {
          local.setItem(PREFIX + name, value);
          return;
        }
      } catch {
        // Full: what is in memory still goes out while the page lives.
      }
      memory.set(name, value);
    },
    remove(name) {
      local?.removeItem(PREFIX + name);
      memory.delete(name);
    },
    names() {
      const stored = local ? Object.keys(local).filter((key) => key.startsWith(PREFIX)) : [];
      return [...stored.map((key) => key.slice(PREFIX.length)), ...memory.keys()];
    },
  };
}

function usable(): globalThis.Storage | null {
  try {
    const probe = `${PREFIX}probe`;
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return null;
  }
}

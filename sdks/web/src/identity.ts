import type { Properties } from "./options.ts";
import type { Storage } from "./storage.ts";
import { uuid } from "./uuid.ts";

/** Who is here, on what device, and since when. */
export class Identity {
  constructor(
    private readonly storage: Storage,
    private readonly sessionTimeout: number,
  ) {}

  /** This browser, for as long as its storage lives. */
  deviceId(): string {
    return this.remembered("device");
  }

  /** The person: as identified, else the device. */
  distinctId(): string {
    return this.storage.get("person") ?? this.deviceId();
  }

  identify(distinctId: string): void {
    this.storage.set("person", distinctId);
  }

  /** Forgets the person; the next one here is somebody else. */
  reset(): void {
    for (const name of ["person", "device", "session", "shared"]) this.storage.remove(name);
  }

  /** The running session, shared by all tabs; a new one after the time-out. */
  sessionId(now = Date.now()): string {
    const [id, last] = (this.storage.get("session") ?? "").split("|");
    const isRunning = id && now - Number(last) <= this.sessionTimeout;
    const session = isRunning ? id : uuid();
    this.storage.set("session", `${session}|${now}`);
    return session;
  }

  /** Properties that go with every event. */
  shared(): Properties {
    try {
      return JSON.parse(this.storage.get("shared") ?? "{}");
    } catch {
      return {};
    }
  }

  share(properties: Properties): void {
    this.storage.set("shared", JSON.stringify({ ...this.shared(), ...properties }));
  }

  private remembered(name: string): string {
    const known = this.storage.get(name);
    if (known) return known;
    const fresh = uuid();
    this.storage.set(name, fresh);
    return fresh;
  }
}

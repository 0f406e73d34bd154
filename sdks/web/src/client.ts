import { Identity } from "./identity.ts";
import { DEFAULTS, type DropReason, type Event, type Options, type Properties } from "./options.ts";
import { asksNotToBeTracked, isBot, onPageview, pageProperties } from "./page.ts";
import { Queue } from "./queue.ts";
import { openStorage, type Storage } from "./storage.ts";
import { uuid } from "./uuid.ts";

const LIB = { $lib: "millrace-web", $lib_version: "0.1.0" };

/** Sends events. No call throws, and none waits for the network unless it says so. */
export class Millrace {
  private readonly options: Options;
  private readonly storage: Storage = openStorage();
  private readonly identity: Identity;
  private readonly queue: Queue;

  constructor(key: string, options: Partial<Options> = {}) {
    this.options = { ...DEFAULTS, ...options };
    this.options.url = this.options.url.replace(/\/+$/, "");
    this.identity = new Identity(this.storage, this.options.sessionTimeout);
    this.queue = new Queue(key, this.options, this.storage);
    if (typeof document !== "undefined") {
      // The last event that browsers promise to fire, on phones too.
      addEventListener("visibilitychange", () =>
        document.visibilityState === "hidden" ? this.queue.leave() : this.queue.stay(),
      );
      addEventListener("pageshow", () => this.queue.stay());
      addEventListener("pagehide", () => this.queue.leave());
      if (this.options.pageviews) onPageview(() => this.capture("$pageview"));
    }
  }

  /** Sends one event. Returns its uuid, or `null` when it is withheld or dropped. */
  capture(
    event: string,
    properties: Properties = {},
    about: { distinctId?: string; timestamp?: Date } = {},
  ): string | null {
    if (this.isSilent()) return null;
    try {
      const built = this.build(event, properties, about);
      const changed = this.options.beforeSend ? this.options.beforeSend(built) : built;
      return changed && this.queue.add(changed) ? changed.uuid : null;
    } catch (error) {
      this.queue.drop("invalid", 1, String(error));
      return null;
    }
  }

  /** Says who is here; later events are theirs. */
  identify(distinctId: string, set: Properties = {}, setOnce?: Properties): string | null {
    const before = this.identity.distinctId();
    this.identity.identify(distinctId);
    return this.capture("$identify", {
      $set: set,
      ...(setOnce && { $set_once: setOnce }),
      ...(before !== distinctId && { $anon_distinct_id: before }),
    });
  }

  /** Says that `alias` is the same person. */
  alias(alias: string, distinctId = this.identity.distinctId()): string | null {
    return this.capture("$create_alias", { alias, distinct_id: distinctId }, { distinctId });
  }

  /** Says that this person belongs to a group, and what the group is like. */
  group(type: string, key: string, set: Properties = {}): string | null {
    return this.capture("$groupidentify", { $group_type: type, $group_key: key, $group_set: set });
  }

  /** Adds properties to every later event. */
  register(properties: Properties): void {
    this.identity.share(properties);
  }

  /** The next person at this device is somebody else. */
  reset(): void {
    this.identity.reset();
  }

  /** Sends nothing any more, until {@link optIn}. */
  optOut(): void {
    this.storage.set("out", "1");
  }

  /** Takes back {@link optOut}. */
  optIn(): void {
    this.storage.remove("out");
  }

  /** The person that events are of. */
  get distinctId(): string {
    return this.identity.distinctId();
  }

  /** Events that will not arrive, by reason. */
  get dropped(): { [reason in DropReason]?: number } {
    return this.queue.dropped;
  }

  /** Sends what is queued; resolved when all was answered or given up. */
  flush(): Promise<void> {
    return this.queue.flush();
  }

  private build(
    event: string,
    properties: Properties,
    about: { distinctId?: string; timestamp?: Date },
  ): Event {
    if (typeof event !== "string" || !event.trim()) throw new Error("event: a name is needed");
    return {
      event,
      distinct_id: about.distinctId ?? this.identity.distinctId(),
      uuid: uuid(),
      timestamp: (about.timestamp ?? new Date()).toISOString(),
      properties: {
        ...LIB,
        $device_id: this.identity.deviceId(),
        $session_id: this.identity.sessionId(),
        ...pageProperties(),
        ...this.identity.shared(),
        // A copy as it is now: what the application changes later is not this event.
        ...JSON.parse(JSON.stringify(properties)),
      },
    };
  }

  private isSilent(): boolean {
    return (
      this.storage.get("out") !== null ||
      (this.options.respectDoNotTrack && asksNotToBeTracked()) ||
      (this.options.ignoreBots && isBot())
    );
  }
}

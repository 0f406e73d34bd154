// Reading back what the stack holds.

/** A running stack, by its addresses and keys (`millrace status --json`). */
export class Stack {
  constructor({ capture_url, query_url, write_key, read_key }) {
    this.captureUrl = capture_url;
    this.queryUrl = query_url;
    this.writeKey = write_key;
    this.readKey = read_key;
  }

  /** Every event of these people. */
  async events(distinctIds) {
    const lists = await Promise.all(distinctIds.map((id) => this.#events(id)));
    return lists.flat();
  }

  /**
   * Returns once everything that was accepted for these people is readable:
   * one more event each, behind all others, and an answer complete beyond it.
   */
  async settle(distinctIds, patienceMs = 30_000) {
    const event = "compat settled";
    const nonce = Math.random().toString(36).slice(2);
    const batch = distinctIds.map((distinct_id) => ({ event, distinct_id, properties: { nonce } }));
    await this.#retry(patienceMs, async () => {
      const response = await fetch(`${this.captureUrl}/capture`, {
        method: "POST",
        headers: { "X-API-Key": this.writeKey },
        body: JSON.stringify({ batch }),
      });
      return response.status === 202;
    });
    await this.#retry(patienceMs, async () => {
      const answers = await Promise.all(distinctIds.map((id) => this.#answer(id)));
      return answers.every(({ result, complete_until }) => {
        const mark = result.events.find((found) => found.properties.nonce === nonce);
        return mark && complete_until > mark.received_at;
      });
    });
  }

  /** The events of these people once all is settled, without the marks. */
  async settled(distinctIds) {
    await this.settle(distinctIds);
    const stored = await this.events(distinctIds);
    return stored.filter((event) => event.event !== "compat settled");
  }

  async #events(distinctId) {
    return (await this.#answer(distinctId)).result.events;
  }

  async #answer(distinctId) {
    const response = await fetch(`${this.queryUrl}/api/query`, {
      method: "POST",
      headers: { "X-API-Key": this.readKey, "Content-Type": "application/json" },
      body: JSON.stringify({ type: "events", params: { distinct_id: distinctId, limit: 1_000, refresh: true } }),
    });
    if (!response.ok) {
      throw new Error(`reading events: ${response.status} ${await response.text()}`);
    }
    return response.json();
  }

  async #retry(patienceMs, isDone) {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const done = await isDone().catch((error) => {
        if (Date.now() > deadline) throw error;
        return false;
      });
      if (done) return;
      if (Date.now() > deadline) throw new Error("the stack did not settle");
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }
}

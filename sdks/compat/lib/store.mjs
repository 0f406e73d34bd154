// Reading back what the stack holds.

/** A running stack, by its addresses and keys (`millrace status --json`). */
export class Stack {
  constructor({ capture_url, realtime_url, query_url, project_id, write_key, read_key }) {
    this.captureUrl = capture_url;
    this.realtimeUrl = realtime_url;
    this.projectId = project_id;
    this.queryUrl = query_url;
    this.writeKey = write_key;
    this.readKey = read_key;
  }

  /** Every event of one person. */
  async events(distinctId) {
    return (await this.#answer(distinctId)).result.events;
  }

  /** Returns once everything that was accepted until now is readable. */
  async settle(patienceMs = 300_000) {
    const now = Date.now();
    const deadline = now + patienceMs;
    for (;;) {
      const answer = await this.#answer("nobody").catch((error) => {
        if (Date.now() > deadline) throw error;
      });
      if (Date.parse(answer?.complete_until) > now) return;
      if (Date.now() > deadline) throw new Error(`complete until ${answer?.complete_until} only`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
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
}

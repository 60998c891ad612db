// Three comments within an hour are one message with three activities: triggered with the official client of servers,
// read with the official client of browsers, against an emulator whose clock is moved.
//
//   knock-harness emulator --clock virtual        (in another terminal)
//   npm install
//   npm start
//
// KNOCK_BASE_URL and KNOCK_API_KEY say where the emulator is, if not at its default address under its default key.
import assert from "node:assert/strict";
import KnockBrowser from "@knocklabs/client";
import KnockServer from "@knocklabs/node";

const url = process.env.KNOCK_BASE_URL ?? "http://127.0.0.1:4000";
const secretKey = process.env.KNOCK_API_KEY ?? "sk_test_emulator";
const publicKey = secretKey.replace("sk_", "pk_");

// The control API of the emulator: what the dashboard and the time would do.
async function control(method, path, body) {
  const answer = await fetch(`${url}/_emulator${path}`, {
    method,
    headers: { "content-type": "application/json", "x-knock-environment": secretKey },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return text && JSON.parse(text);
}

await control("PUT", "/workflows/new-comment", {
  name: "New comment",
  steps: [
    { ref: "digest", type: "batch", settings: { batch_window: { unit: "hours", value: 1 } } },
    {
      ref: "tell",
      type: "channel",
      channel_key: "in-app-feed",
      template: { markdown_body: "{{ total_activities }} comments on {{ data.post }}" },
    },
  ],
});
const { channels } = await control("GET", "/channels");
const feedId = channels.find((channel) => channel.type === "in_app_feed").id;

const server = new KnockServer({ apiKey: secretKey, baseURL: url });
await server.users.update("ada", { name: "Ada" });
for (const text of ["First!", "Well said.", "I disagree."]) {
  await server.users.update("bob", { name: "Bob" });
  await server.workflows.trigger("new-comment", {
    recipients: ["ada"],
    actor: "bob",
    data: { post: "Sailing in winter", text },
  });
}

const browser = new KnockBrowser(publicKey, { host: url });
browser.authenticate("ada");
const feed = browser.feeds.initialize(feedId, { mode: "rich" });

await feed.fetch();
assert.equal(feed.getState().items.length, 0, "nothing is sent while the batch is open");

await control("POST", "/clock/advance", { by: "PT1H" });

await feed.fetch();
const { items, metadata } = feed.getState();
assert.equal(items.length, 1);
assert.equal(items[0].total_activities, 3);
assert.equal(metadata.unread_count, 1);
console.log(`${metadata.unread_count} unread: ${items[0].blocks[0].rendered.trim()}`);
for (const activity of items[0].activities) {
  console.log(`  ${activity.actor.name}: ${activity.data.text}`);
}

await feed.markAllAsRead();
await feed.fetch();
assert.equal(feed.getState().metadata.unread_count, 0);
console.log("0 unread");
browser.teardown();

// Parse an AsyncAPI document and print, as JSON, what the parser finds wrong, and the messages that it sees on each channel.
const { Parser, fromFile } = require("@asyncapi/parser");

async function main(path) {
  const { document, diagnostics } = await fromFile(new Parser(), path).parse();
  const found = diagnostics.map(({ code, message, severity, path: at }) => ({ code, message, severity, at: at.join("/") }));
  const channels = {};
  for (const channel of document ? document.channels().all() : []) {
    channels[channel.address()] = channel.messages().all().map((message) => ({
      name: message.name(),
      headers: Object.keys(message.headers().properties()),
      fields: Object.keys(message.payload().properties() || {}),
    }));
  }
  console.log(JSON.stringify({ diagnostics: found, channels }));
}

main(process.argv[2]);

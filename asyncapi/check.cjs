// Parse AsyncAPI documents and print, as a list in JSON, what the parser finds wrong with each, and the messages on its channels.
const { Parser, fromFile } = require("@asyncapi/parser");

async function verdict(path) {
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
  return { diagnostics: found, channels };
}

Promise.all(process.argv.slice(2).map(verdict)).then((verdicts) => console.log(JSON.stringify(verdicts)));

// Computes layouts with ELK: a graph as JSON in each line of the input, and with coordinates in each
// line of the output. One process for all pictures: starting Node and ELK takes half a second.
import { createInterface } from "node:readline";
import ELK from "elkjs";

const elk = new ELK();
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await elk
    .layout(JSON.parse(line))
    .catch((error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

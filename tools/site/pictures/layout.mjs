// Lays out the graph that comes in as JSON, with ELK, and prints it with coordinates.
import { readFileSync } from "node:fs";
import ELK from "elkjs";

const graph = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await new ELK().layout(graph)));

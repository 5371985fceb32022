// Decides requests by the policies of their callers and of their resources, as IAM does.
//
// Reads {policies: {name: document}, requests: [{id, principal, action, resource, context,
// identity, resourcePolicy, owner}]} from stdin; `identity` lists names of policies, and `owner` is
// the account of the resource: across accounts, both policies must allow. Writes
// {decisions: {id: "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied"}, unknown: {id: why}}, where
// `unknown` holds what the Service Authorization Reference does not know of a request.
//
// The simulator is AGPL-3.0: this program runs it beside the tests, and nothing here imports it.

import { text } from "node:stream/consumers";
import {
  createValidatedPolicy,
  validateIdentityPolicy,
  validateResourcePolicy,
} from "@cloud-copilot/iam-policy";
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const { policies, requests } = JSON.parse(await text(process.stdin));
// Each policy is validated once; the simulator wants a name with it.
const validated = new Map();
const load = (name, validate) => {
  if (!validated.has(name)) {
    validated.set(name, createValidatedPolicy(policies[name], validate, { name }));
  }
  return validated.get(name);
};
const decisions = {};
const unknown = {};
for (const request of requests) {
  const simulation = {
    identityPolicies: request.identity.map((name) => ({
      name,
      policy: load(name, validateIdentityPolicy),
    })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: request.resourcePolicy
      ? load(request.resourcePolicy, validateResourcePolicy)
      : undefined,
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.owner },
      contextVariables: request.context,
    },
  };
  decisions[request.id] = runUnsafeSimulation(simulation, {});
  if (request.validate) {
    const response = await runSimulation(simulation, {});
    const ignored = response.result?.ignoredContextKeys ?? [];
    if (response.resultType === "error") unknown[request.id] = response.errors.message;
    else if (ignored.length) unknown[request.id] = `context: ${ignored.join(", ")}`;
  }
}
process.stdout.write(JSON.stringify({ decisions, unknown }));

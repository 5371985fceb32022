// Compares two files of {stack: template} as `cdk diff` does, and prints what differs as JSON.
// node difference.mjs old.json new.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { fullDiff } = createRequire(import.meta.url)("@aws-cdk/cloudformation-diff");
const [old, now] = process.argv.slice(2, 4).map((file) => JSON.parse(readFileSync(file, "utf8")));

const targets = (each) => ({ values: each.values, negated: each.not });
const statements = (found, added) =>
  found.map((each) => ({
    added,
    effect: each.effect,
    principals: targets(each.principals),
    actions: targets(each.actions),
    resources: targets(each.resources),
    condition: each.condition ?? null,
  }));
const policies = (found, added) =>
  found.map((each) => ({ added, identity: each.identityArn, policy: each.managedPolicyArn }));
const rules = (found, added, direction) =>
  found.map((each) => ({
    added,
    direction,
    group: each.groupId,
    protocol: each.describeProtocol(),
    peer: each.describePeer(),
  }));

const differences = {};
for (const stack of new Set([...Object.keys(old), ...Object.keys(now)])) {
  const found = fullDiff(old[stack] ?? {}, now[stack] ?? {});
  const resources = [];
  found.resources.forEachDifference((logicalId, change) =>
    resources.push({
      logical_id: logicalId,
      impact: change.changeImpact,
      properties: Object.entries(change.propertyUpdates).map(([name, each]) => ({
        name,
        impact: each.changeImpact ?? "NO_CHANGE",
        old: each.oldValue ?? null,
        new: each.newValue ?? null,
      })),
      attributes: Object.entries(change.otherChanges).map(([name, each]) => ({
        name,
        impact: "NO_CHANGE",
        old: each.oldValue ?? null,
        new: each.newValue ?? null,
      })),
    }),
  );
  const { iamChanges: iam, securityGroupChanges: groups } = found;
  const others = [];
  for (const kind of ["outputs", "mappings", "parameters", "conditions"]) {
    found[kind].forEachDifference((name, each) =>
      others.push({ name: `${kind}.${name}`, old: each.oldValue ?? null, new: each.newValue ?? null }),
    );
  }
  differences[stack] = {
    resources,
    others,
    statements: [
      ...statements(iam.statements.additions, true),
      ...statements(iam.statements.removals, false),
    ],
    managed_policies: [
      ...policies(iam.managedPolicies.additions, true),
      ...policies(iam.managedPolicies.removals, false),
    ],
    rules: [
      ...rules(groups.ingress.additions, true, "in"),
      ...rules(groups.ingress.removals, false, "in"),
      ...rules(groups.egress.additions, true, "out"),
      ...rules(groups.egress.removals, false, "out"),
    ],
  };
}
process.stdout.write(JSON.stringify(differences));

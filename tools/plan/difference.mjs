// Compares two files of {stack: template} as `cdk diff` does, and prints the differences as JSON.
// node difference.mjs old.json new.json
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { fullDiff } = createRequire(import.meta.url)("@aws-cdk/cloudformation-diff");
const [old, now] = process.argv.slice(2, 4).map((file) => JSON.parse(readFileSync(file, "utf8")));

const targets = (selection) => ({ values: selection.values, negated: selection.not });
const listStatements = (statements, added) =>
  statements.map((statement) => ({
    added,
    effect: statement.effect,
    principals: targets(statement.principals),
    actions: targets(statement.actions),
    resources: targets(statement.resources),
    condition: statement.condition ?? null,
  }));
const listPolicies = (policies, added) =>
  policies.map(({ identityArn, managedPolicyArn }) => ({
    added,
    identity: identityArn,
    policy: managedPolicyArn,
  }));
const listRules = (rules, added, direction) =>
  rules.map((rule) => ({
    added,
    direction,
    group: rule.groupId,
    protocol: rule.describeProtocol(),
    peer: rule.describePeer(),
  }));

const differences = {};
for (const stack of new Set([...Object.keys(old), ...Object.keys(now)])) {
  const difference = fullDiff(old[stack] ?? {}, now[stack] ?? {});
  const resources = [];
  difference.resources.forEachDifference((logicalId, change) =>
    resources.push({
      logical_id: logicalId,
      impact: change.changeImpact,
      properties: Object.entries(change.propertyUpdates).map(([name, value]) => ({
        name,
        impact: value.changeImpact ?? "NO_CHANGE",
        old: value.oldValue ?? null,
        new: value.newValue ?? null,
      })),
      attributes: Object.entries(change.otherChanges).map(([name, value]) => ({
        name,
        impact: "NO_CHANGE",
        old: value.oldValue ?? null,
        new: value.newValue ?? null,
      })),
    }),
  );
  const { iamChanges: iam, securityGroupChanges: groups } = difference;
  const parts = [];
  for (const kind of ["outputs", "mappings", "parameters", "conditions"]) {
    difference[kind].forEachDifference((name, value) =>
      parts.push({ name: `${kind}.${name}`, old: value.oldValue ?? null, new: value.newValue ?? null }),
    );
  }
  differences[stack] = {
    resources,
    parts,
    statements: [
      ...listStatements(iam.statements.additions, true),
      ...listStatements(iam.statements.removals, false),
    ],
    managed_policies: [
      ...listPolicies(iam.managedPolicies.additions, true),
      ...listPolicies(iam.managedPolicies.removals, false),
    ],
    rules: [
      ...listRules(groups.ingress.additions, true, "in"),
      ...listRules(groups.ingress.removals, false, "in"),
      ...listRules(groups.egress.additions, true, "out"),
      ...listRules(groups.egress.removals, false, "out"),
    ],
  };
}
process.stdout.write(JSON.stringify(differences));

// Steps, unrolls, uploads and keeps a sequence by the generated clients; ends with 0 if all is right.
import * as v1 from "./v1";
import * as v2 from "./v2";

declare const process: { argv: string[]; exit(code: number): never };
declare function require(name: string): { readFileSync(path: string): Uint8Array<ArrayBuffer> };

function check(right: boolean, what: unknown): void {
  if (!right) {
    throw new Error(JSON.stringify(what));
  }
}

function near(tensor: any, expected: number): void {
  while (Array.isArray(tensor)) {
    tensor = tensor[0];
  }
  check(Math.abs(tensor - expected) < 1e-6, [tensor, expected]);
}

async function main(server: string, file: string): Promise<void> {
  const configuration = new v1.Configuration({ basePath: server });
  const x = [[1, 2, 3, 4, 3, 2], [3, 2, 2, 2, 2, 2]];
  const inference = new v1.InferenceApi(configuration);
  const step = await inference.step({ model: "notebook-cell", stepRequest: { x } });
  near(step.output, -0.05328178);
  near(step.state!.c, -0.09374233);
  const unroll = await inference.unroll({
    model: "notebook-sequence",
    unrollRequest: { x: [x], lengths: [2], trace: true },
    deadline: "10s",
  });
  check(unroll.output![0].length === 2 && unroll.trace!.length === 1, unroll);

  const models = new v1.ModelsApi(configuration);
  const body = new Blob([require("fs").readFileSync(file)]);
  const put = await models.putModelVersion({ model: "typescript", version: "1", body });
  check(put.status === "AVAILABLE", put);
  const form = await models.uploadModelVersion({
    model: "typescript",
    version: "2",
    file: [body],
    config: '{"forget_bias": 0.5}',
  });
  check(form.layers![0].forgetBias === 0.5, form);
  await models.deleteModel({ model: "typescript" });

  const sequences = new v1.SequencesApi(configuration);
  const opened = await sequences.openSequence({
    model: "notebook-cell",
    openSequence: { batch: 2, ttl: "1m" },
  });
  const first = await sequences.stepSequence({ id: opened.id, sequenceStep: { x, step: 1 } });
  check(first.step === 1 && JSON.stringify(first.output) === JSON.stringify(step.output), first);
  const exported = await sequences.getSequence({ id: opened.id });
  check(JSON.stringify(exported.state!.h) === JSON.stringify(step.state!.h), exported);
  await sequences.deleteSequence({ id: opened.id });

  const oip = new v2.ModelsApi(new v2.Configuration({ basePath: server }));
  const infer = await oip.modelInfer({
    model: "notebook-cell",
    inferRequest: {
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 1, 6], data: [1, 2, 3, 4, 3, 2] }],
    },
  });
  near(infer.outputs[0].data, -0.05328178);
}

main(process.argv[2], process.argv[3]).catch((failure) => {
  console.error(failure);
  process.exit(1);
});

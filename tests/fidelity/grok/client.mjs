// Drives a server with xAI's provider for the AI SDK; reads asks as JSON from stdin, writes what came of each.
import { createXai } from '@ai-sdk/xai';
import { experimental_getVideoStatus, experimental_startVideo, generateImage } from 'ai';
import { setTimeout } from 'node:timers/promises';

const { baseURL, asks } = JSON.parse(await new Response(process.stdin).text());

async function video({ model, apiKey, ...options }) {
  const made = createXai({ baseURL, apiKey }).video(model);
  const { operation } = await experimental_startVideo({ model: made, maxRetries: 0, ...options });
  for (let polls = 1; ; polls += 1) {
    const status = await experimental_getVideoStatus(made, { operation, maxRetries: 0 });
    if (status.status !== 'pending') return { operation, polls, ...status, response: undefined };
    await setTimeout(20);
  }
}

async function image({ model, apiKey, ...options }) {
  const made = createXai({ baseURL, apiKey }).image(model);
  const { image, providerMetadata } = await generateImage({ model: made, maxRetries: 0, ...options });
  return { base64: image.base64, providerMetadata };
}

const results = [];
for (const { kind, ...ask } of asks) {
  try {
    results.push(await (kind === 'image' ? image(ask) : video(ask)));
  } catch (error) {
    results.push({ thrown: error.message, statusCode: error.statusCode });
  }
}
process.stdout.write(JSON.stringify(results));

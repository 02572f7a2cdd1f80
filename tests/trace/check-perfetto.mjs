// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The trace engine of Chrome's DevTools reads a converted trace (stdin) and pairs its slices:
// node check-perfetto.mjs NODE_MODULES; prints how many have a beginning and an end.
import fs from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const engine = path.resolve(process.argv[2], '@paulirish/trace_engine');
const load = file => import(pathToFileURL(path.join(engine, file)));
const {analyzeEvents} = await load('analyze-trace.mjs');	// sets up what the engine needs
const Trace = await load('models/trace/trace.js');

const events = JSON.parse(fs.readFileSync(0, 'utf8')).traceEvents;
const slices = events.filter(e => 'be'.includes(e.ph));
const pairs = Trace.Helpers.Trace.createMatchedSortedSyntheticEvents(slices);
const whole = pairs.filter(p => p.args.data.endEvent && p.dur >= 0);
if (!(await analyzeEvents(events)).parsedTrace)
	process.exit(1);
console.log(whole.length);

/*
 * The worker's loop: a message {id, ask, with} is answered by {id, answer} or {id, trouble}.
 * First comes {ask: "open", with: {bytes}}; then whatever ANSWERS has.
 */
"use strict";

let run = null, colours = null;

const progress = (words, part) => postMessage({progress: words, part});

const ANSWERS = {
    async open({bytes}) {
        const trace = await readTrace(bytes, inflateStream,
                                      part => progress("unpacking", part / 2));
        run = new Run(trace, part => progress("replaying", .5 + part / 2));
        return run.about();
    },
    moment: ({n, wanted}) => run.moment(n, wanted),
    frames: ({n}) => ({n, frames: run.ownersAt(n), record: run.record(n)}),
    next: ({n, step, filter}) => run.next(n, step, filter),
    count: ({filter}) => run.count(filter),
    record: ({n}) => run.record(n),
    why: ({n, subject}) => why(run, n, subject),
    /* All that the panels say of a subject, and of what the record is about. */
    whyAll({n, subject, event}) {
        const eventChain = event ? why(run, n, event) : [];
        return {eventChain, chain: subject ? subject === event ? eventChain : why(run, n, subject)
            : [], found: subject ? findSubject(run, n, subject) : null};
    },
    find: ({n, subject}) => findSubject(run, n, subject),
    spans: ({subject}) => spansOf(run, subject),
    predict: ({n}) => nextChoice(run, n),
    sketch: ({from, count}) => sketch(run.trace, from, count),
    /* 32 bits for each owner and scheme; owners that the filter hides are pale already. */
    colours({of}) {
        colours = of;
    },
    picture({view, width, height, parts, filter}) {
        const owners = run.picture(view, width, height);
        const pixels = new Uint32Array(owners.length);
        for (let i = 0; i < owners.length; i++)
            pixels[i] = colours[owners[i]];
        return {pixels, owners, timeline: run.timeline(view.left, view.right, parts, filter)};
    },
};

onmessage = async ({data: {id, ask, with: values}}) => {
    try {
        const answer = await ANSWERS[ask](values);
        const moved = answer && answer.pixels ? [answer.pixels.buffer, answer.owners.buffer] : [];
        postMessage({id, answer}, moved);
    } catch (trouble) {
        postMessage({id, trouble: trouble instanceof BadTrace ? trouble.message
            : "The page has a fault of its own: " + (trouble.stack || trouble)});
    }
};

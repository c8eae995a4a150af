import { baggage } from '../../propagation/baggage-propagator.ts';
import { tracecontext } from '../../propagation/tracecontext.ts';
import { propagatorContract } from '../contract/suites/propagator.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const OCTETS = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const STATE_CHARACTER = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';

propagatorContract(tracecontext, {
  valid: [
    { traceparent: TRACEPARENT },
    { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' },
    { traceparent: '00-00000000000000000000000000000001-0000000000000001-03' },
    { traceparent: TRACEPARENT, tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE' },
    { traceparent: TRACEPARENT, tracestate: '0@a@b/c=  ~!,x=1' },
  ],
  grammar: {
    traceparent: /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/,
    tracestate: listOf(`[a-z0-9][a-z0-9_*/@-]{0,255}=${STATE_CHARACTER}{1,256}(?<! )`, 32),
  },
});

propagatorContract(baggage, {
  valid: [
    { baggage: 'userId=alice' },
    { baggage: 'userId=alice;ttl=30;internal,serverNode=DF%2028,isProduction=false' },
    { baggage: "!#$%&'*+-.^_`|~=%FF,empty=,equals=a=b==,__proto__=1,plus=a+b" },
  ],
  grammar: { baggage: listOf(`${TOKEN}=${OCTETS}(?:;${TOKEN}(?:=${OCTETS})?)*`, 64) },
});

function listOf(member: string, most: number): RegExp {
  return new RegExp(`^${member}(?:,${member}){0,${most - 1}}$`);
}

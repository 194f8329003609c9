// How numbers and times are written.
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

export const number = n => n === null || n === undefined ? "–" : Math.abs(n) < 10 ? short.format(n) : whole.format(n);

export function seconds(s) {
  if (s === null || s === undefined) return "–";
  if (s === 0) return "0 s";
  if (s < 0.9995) return `${Math.round(s * 1000)} ms`;
  if (s < 120) return `${short.format(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
}

/** Of the day, in the reader's time zone. */
export const time = secondsSince1970 => new Date(secondsSince1970 * 1000).toLocaleTimeString();

/** With the date unless it is today. */
export function moment(text) {
  const then = new Date(text);
  return then.toDateString() === new Date().toDateString() ? then.toLocaleTimeString() : then.toLocaleString();
}

/** [0, 1, 2, 5] as "0–2, 5". */
export function ranges(numbers) {
  const parts = [];
  for (let i = 0; i < numbers.length; i++) {
    const first = numbers[i];
    while (numbers[i + 1] === numbers[i] + 1) i++;
    parts.push(first === numbers[i] ? `${first}` : `${first}–${numbers[i]}`);
  }
  return parts.join(", ");
}

/** Text from outside: cut to a length. */
export const cut = (text, most) => text.length <= most ? text : `${text.slice(0, most - 1)}…`;

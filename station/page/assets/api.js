// Talks to the station's API. Every failure becomes one sentence; what the answers mean is the views' business.

import { t } from "./words.js";

const LIMIT_MS = 10_000;

/** An answer that is not the one wanted: `message` is one sentence for people, `status` the HTTP status, 0 for none. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @type {{user: string|null, role: "none"|"viewer"|"technician"|"engineer", csrf: string, language: string}} */
let session = { user: null, role: "viewer", csrf: "", language: "en" };
const listeners = new Set();
const RANK = { none: 0, viewer: 1, technician: 2, engineer: 3 };

export const currentSession = () => session;
export const may = (role) => RANK[session.role] >= RANK[role];
export const onSession = (listener) => {
  listeners.add(listener);
};

function take(answer) {
  session = answer;
  for (const listener of listeners) listener(session);
  return session;
}

export const loadSession = async () => take(await get("api/session"));
export const logIn = async (user, password) => take(await request("POST", "api/session", { user, password }, {}));
export const logOut = async () => take(await send("DELETE", "api/session"));
export const changePassword = async (old, fresh) =>
  take(await send("POST", "api/session/password", { old, new: fresh }));

/**
 * @param {string} path
 * @param {{signal?: AbortSignal, query?: Object<string, any>}} [options] empty values of `query` are left out
 * @returns {Promise<any>} null for 204
 */
export async function get(path, { signal, query } = {}) {
  return request("GET", withQuery(path, query), undefined, { signal });
}

/** A command. Where the station has forgotten this page (a restart), it is greeted anew and asked once more. */
export async function send(method, path, body, options = {}) {
  try {
    return await request(method, path, body, options);
  } catch (error) {
    if (error.status !== 403 && error.status !== 401) throw error;
    const before = session.csrf;
    await loadSession();
    if (session.csrf === before) throw error;
    return request(method, path, body, options);
  }
}

export function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

async function request(method, path, body, { signal, blob = false }) {
  const headers = { Accept: blob ? "*/*" : "application/json" };
  if (method !== "GET") {
    Object.assign(headers, { "X-CSRF-Token": session.csrf, "X-Requested-With": "station" });
    headers["Content-Type"] = "application/json";
  }
  const limit = AbortSignal.timeout(blob ? LIMIT_MS * 30 : LIMIT_MS);
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      cache: "no-store",
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(t("error.noAnswer"), 0);
  }
  if (!answer.ok) throw new ApiError(await sentenceOf(answer), answer.status);
  if (answer.status === 204) return null;
  return blob ? answer.blob() : answer.json();
}

async function sentenceOf(answer) {
  try {
    const { error } = await answer.json();
    if (error) return error;
  } catch {
    // no JSON: the status says what is known
  }
  return t("error.status", { status: answer.status });
}

/** Asks for a file with a command and hands it to the browser's downloads. */
export async function download(path, body, name) {
  const blob = await send("POST", path, body, { blob: true });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), LIMIT_MS);
}

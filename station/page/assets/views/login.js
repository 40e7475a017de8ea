// Who works here: login and logout, what each role may do, and for the engineer what was asked of the station by whom.

import { changePassword, currentSession, get, logIn, logOut, may } from "../api.js";
import { when } from "../figures.js";
import { h } from "../parts/element.js";
import { said } from "../parts/said.js";
import { Table } from "../parts/table.js";
import { known, t } from "../words.js";

const AUDIT_LINES = 100;

export function showLogin(root, scope) {
  const { user, role } = currentSession();
  root.append(
    h("div", { class: "view-head" }, h("h1", { text: t("login.title") })),
    user ? loggedIn(scope, user, role) : form(scope),
    roles(role),
  );
  if (may("engineer")) root.append(audit(scope));
}

function form(scope) {
  const user = h("input", {
    id: "user",
    name: "user",
    type: "text",
    autocomplete: "username",
    required: true,
    autocapitalize: "none",
    spellcheck: "false",
  });
  const password = h("input", {
    id: "password",
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const problem = h("p", { class: "problem", role: "alert" });
  return h(
    "form",
    {
      class: "card login",
      "aria-label": t("login.title"),
      on: {
        submit: async (event) => {
          event.preventDefault();
          problem.textContent = "";
          try {
            await logIn(user.value, password.value);
            scope.tell(t("login.welcome", { user: user.value }));
            if (history.length > 1 && location.hash === "#/login") history.back();
          } catch (error) {
            problem.replaceChildren(said(error.message));
            password.value = "";
            password.focus();
          }
        },
      },
    },
    h("p", { class: "field" }, h("label", { for: "user", text: t("login.user") }), user),
    h("p", { class: "field" }, h("label", { for: "password", text: t("login.password") }), password),
    problem,
    h("button", { type: "submit", class: "big", text: t("shell.logIn") }),
    h("p", { class: "quiet-words", text: t("login.forgotten") }),
  );
}

function loggedIn(scope, user, role) {
  return h(
    "section",
    { class: "card login", "aria-label": t("login.you") },
    h("p", { text: t("login.is", { user, role: t(`role.${role}`) }) }),
    h("button", {
      type: "button",
      class: "big",
      text: t("login.out"),
      on: { click: () => scope.attempt(logOut, t("login.left")) },
    }),
    h("details", {}, h("summary", { text: t("login.change") }), passwordForm(scope, user)),
  );
}

function passwordForm(scope, user) {
  const [old, fresh] = ["old", "new"].map((name) =>
    h("input", {
      id: `${name}-password`,
      type: "password",
      required: true,
      autocomplete: name === "old" ? "current-password" : "new-password",
    }),
  );
  return h(
    "form",
    {
      class: "login",
      "aria-label": t("login.change"),
      on: {
        submit: async (event) => {
          event.preventDefault();
          if (await scope.attempt(() => changePassword(old.value, fresh.value), t("login.changed")))
            event.target.reset();
        },
      },
    },
    h("input", { type: "text", autocomplete: "username", value: user, hidden: true }),
    h("p", { class: "field" }, h("label", { for: "old-password", text: t("login.old") }), old),
    h("p", { class: "field" }, h("label", { for: "new-password", text: t("login.new") }), fresh),
    h("button", { type: "submit", text: t("login.change") }),
  );
}

const roles = (role) =>
  h(
    "section",
    { class: "card", "aria-label": t("login.roles") },
    h("h2", { text: t("login.roles") }),
    h(
      "dl",
      { class: "roles" },
      ...["viewer", "technician", "engineer"].flatMap((name) => [
        h("dt", { class: name === role ? "now" : null, text: (name === role ? "▶ " : "") + t(`role.${name}`) }),
        h("dd", { text: t(`login.may.${name}`) }),
      ]),
    ),
  );

function audit(scope) {
  const table = new Table(t("login.audit"), [
    { head: t("login.at"), cell: (row) => when(row.at), isName: true },
    { head: t("login.user"), cell: (row) => row.user ?? "" },
    { head: t("login.role"), cell: (row) => known(`role.${row.role}`, row.role ?? "") },
    { head: t("login.from"), cell: (row) => row.from ?? "" },
    { head: t("login.what"), cell: (row) => row.what },
    { head: t("login.outcome"), cell: (row) => row.outcome },
  ]);
  table.node.classList.add("bounded");
  scope.attempt(async () => {
    const lines = await get("api/audit", { query: { limit: AUDIT_LINES }, signal: scope.signal });
    table.rows(lines.slice(0, AUDIT_LINES), (row, index) => `${row.at} ${index}`);
  });
  return h(
    "section",
    { class: "card", "aria-label": t("login.audit") },
    h("h2", { text: t("login.audit") }),
    table.node,
  );
}

// Made of the auth API's OpenAPI document: do not edit.
export interface paths {
  "/": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What this is and where to read on. */
    get: operations["index"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/.well-known/jwks.json": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The public keys that access tokens are checked with (RFC 7517). */
    get: operations["jwks"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/login": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Opens a session. Whether the address has an account cannot be told from the
     *     answer, nor from how long it takes.
     */
    post: operations["login"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/logout": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Ends the session of the access token, of the refresh token in the body, or
     *     of both. A refresh token that is not known is no fault: there is nothing
     *     left to end.
     */
    post: operations["logout"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/me": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Who is signed in. */
    get: operations["get_me"];
    put?: never;
    post?: never;
    /**
     * Deletes the account with its sessions and memberships. Refused while a
     *     project has no other owner. Keys that it made stay: they are their project's.
     */
    delete: operations["delete_me"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/me/password": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Changes the password. Every other session of the account ends, with its
     *     refresh tokens; the one that asks stays.
     */
    post: operations["change_password"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/projects": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The projects of the one who asks, oldest first. */
    get: operations["list_projects"];
    put?: never;
    /** Makes a project; the one who asks is its owner. */
    post: operations["create_project"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/projects/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One project, by id or slug. */
    get: operations["get_project"];
    put?: never;
    post?: never;
    /**
     * Deletes a project with its members and keys. Needs the role `owner`. Within a
     *     second no service accepts its keys or shows anything of it; its id never
     *     comes back. Events already stored are unreachable from then on; the operator
     *     removes them (`millrace erase`).
     */
    delete: operations["delete_project"];
    options?: never;
    head?: never;
    /** Changes a project's name, slug or aliases. Needs the role `admin`. */
    patch: operations["change_project"];
    trace?: never;
  };
  "/api/projects/{id}/api-keys": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The keys of a project, oldest first, without those that were revoked. Needs
     *     the role `member`.
     */
    get: operations["list_keys"];
    put?: never;
    /** Makes a key. Needs the role `admin`. */
    post: operations["create_key"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/projects/{id}/api-keys/{key_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Revokes a key: within a second no service accepts it. Needs the role `admin`. */
    delete: operations["revoke_key"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/projects/{id}/limits": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * How much the project may send, by the defaults of capture; an operator may
     *     have set others there.
     */
    get: operations["get_limits"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/projects/{id}/members": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Everybody who belongs to the project, in the order in which they came. */
    get: operations["list_members"];
    put?: never;
    /** Brings somebody in, in a role up to one's own. Needs the role `admin`. */
    post: operations["add_member"];
    /**
     * Removes a member whose role is not above one's own. Needs the role `admin`;
     *     oneself everybody may remove.
     */
    delete: operations["remove_member"];
    options?: never;
    head?: never;
    /** Gives a member another role, up to one's own. Needs the role `admin`. */
    patch: operations["change_member"];
    trace?: never;
  };
  "/api/refresh": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Exchanges a refresh token for new tokens. A token that was exchanged before
     *     was stolen or lost: all tokens of its session end.
     */
    post: operations["refresh"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/register": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Makes an account. The e-mail address need not be confirmed. */
    post: operations["register"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/setup": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether there is any account yet, and whether one may be made. */
    get: operations["get_setup"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description That it is meant. */
    DeleteMeRequest: {
      /** @description The account's password. */
      password: string;
    };
    /** @description The body of every answer that is not success. */
    ErrorBody: {
      /** @description Stable code for programs. */
      code: string;
      /** @description One sentence for people. */
      detail: string;
      /** @description All faults of the request, by path. */
      errors?: components["schemas"]["FaultBody"][];
    };
    /** @description One fault of a request. */
    FaultBody: {
      /** @description Stable code for programs. */
      code: string;
      /** @description One sentence for people. */
      detail: string;
      /** @description Where: `scopes[1]`. */
      path: string;
    };
    /** @description A key to be. Everything may be left away. */
    KeyRequest: {
      /**
       * @description The sites it may be used from: `example.com` with everything below it,
       *     or `.example.com`. Without, or empty: any.
       */
      allowed_domains?: string[] | null;
      /**
       * @description A key that another system issued (`bk_live_…`), or an earlier one of
       *     ours: it is taken over instead of making a new one.
       */
      api_key?: string;
      /**
       * Format: int32
       * @description Its own limit in events a second. Without: the service's.
       */
      events_per_second_max?: number | null;
      /**
       * @description When it ends: RFC 3339, or without an offset (UTC), or a date (its
       *     beginning). Without: never.
       * @example 2027-01-31T00:00:00Z
       */
      expires_at?: string | null;
      /** @description What people call it. */
      name?: string | null;
      /** @description What it may do: `capture`, `read`. Without: `capture`. */
      scopes?: string[] | null;
    };
    /** @description A key, less the key itself. */
    KeyResponse: {
      /** @description The sites it may be used from; empty: any. */
      allowed_domains: string[];
      /**
       * Format: date-time
       * @description When it was made.
       */
      created_at: string;
      /**
       * Format: int32
       * @description Its own limit in events a second.
       */
      events_per_second_max?: number | null;
      /**
       * Format: date-time
       * @description When it ends.
       */
      expires_at?: string | null;
      /**
       * Format: uuid
       * @description Its id.
       */
      id: string;
      /** @description Its first characters. */
      key_prefix: string;
      /**
       * Format: date-time
       * @description When it was last used, to the minute or so.
       */
      last_used_at?: string | null;
      /** @description What people call it. */
      name: string;
      /** @description What it may do. */
      scopes: string[];
    };
    /** @description The limits of a project. `null`: none. */
    LimitsResponse: {
      /** @description Events in one batch. */
      batch_events_max: number;
      /** @description One request on the wire, in bytes. */
      body_bytes_max: number;
      /** @description One request after decompression, in bytes. */
      decompressed_bytes_max: number;
      /** @description One event, in bytes. */
      event_bytes_max: number;
      /**
       * Format: int64
       * @description Events a month.
       */
      events_per_month_max?: number | null;
      /**
       * Format: int32
       * @description Events a second of a key that has no limit of its own.
       */
      events_per_second_per_key_max: number;
      /** @description Depth of JSON in an event. */
      nesting_max: number;
      /**
       * Format: uuid
       * @description The project.
       */
      project_id: string;
      /**
       * Format: int32
       * @description Days that events are kept.
       */
      retention_days?: number | null;
    };
    /** @description Address and password, as `application/x-www-form-urlencoded` or JSON. */
    LoginRequest: {
      /** @description Password. */
      password: string;
      /**
       * @description E-mail address.
       * @example ada@example.com
       */
      username: string;
    };
    /** @description Which session, when no access token says so. */
    LogoutRequest: {
      /** @description A refresh token of the session, old or new. */
      refresh_token?: string | null;
    };
    /** @description The account of the access token. */
    MeResponse: {
      /**
       * Format: date-time
       * @description When it was made.
       */
      created_at: string;
      /** @description Its address. */
      email: string;
      /**
       * Format: uuid
       * @description Its id.
       */
      id: string;
    };
    /** @description Who shall be what. */
    MemberRequest: {
      /** @description Address. */
      email: string;
      /**
       * @description `owner`, `admin`, `member` or `viewer`.
       * @example member
       */
      role: string;
    };
    /** @description Somebody who belongs to a project. */
    MemberResponse: {
      /**
       * Format: date-time
       * @description Since when.
       */
      added_at: string;
      /** @description Address. */
      email: string;
      /**
       * @description `owner`, `admin`, `member` or `viewer`.
       * @example member
       */
      role: string;
    };
    /** @description A new key. This answer is the only one that holds the key itself. */
    NewKeyResponse: components["schemas"]["KeyResponse"] & {
      /**
       * @description Its text, for `X-API-Key`.
       * @example ak_…
       */
      api_key: string;
    };
    /**
     * @description The password as it is and as it shall be. What is missing counts as empty,
     *     so that all faults are named at once.
     */
    PasswordRequest: {
      /** @description The password as it is. */
      current_password: string;
      /** @description At least 8 characters. */
      new_password: string;
    };
    /** @description What is to change. What is left away stays. */
    ProjectPatch: {
      /** @description All names that other systems use for the project. */
      aliases?: string[] | null;
      /** @description New name. */
      name?: string | null;
      /** @description New slug. */
      slug?: string | null;
    };
    /** @description A project to be. */
    ProjectRequest: {
      /**
       * @description 1 to 200 characters.
       * @example My shop
       */
      name: string;
      /**
       * @description Name in URLs: lower-case letters, digits, hyphens. Made from the name
       *     when it is left away.
       */
      slug?: string | null;
    };
    /** @description A project, as a member sees it. */
    ProjectResponse: {
      /** @description What other systems call it. */
      aliases: string[];
      /**
       * Format: date-time
       * @description When it was made.
       */
      created_at: string;
      /**
       * Format: uuid
       * @description Its id.
       */
      id: string;
      /** @description Its name. */
      name: string;
      /**
       * @description What the one who asks is in it: `owner`, `admin`, `member`, `viewer`.
       * @example owner
       */
      role: string;
      /** @description Its name in URLs. */
      slug: string;
    };
    /** @description The refresh token of the latest answer. */
    RefreshRequest: {
      /** @description Valid once: a second use ends the session. */
      refresh_token: string;
    };
    /**
     * @description A new account. What is missing counts as empty, so that all faults are named
     *     at once.
     */
    RegisterRequest: {
      /**
       * @description E-mail address.
       * @example ada@example.com
       */
      email: string;
      /** @description At least 8 characters. */
      password: string;
    };
    /** @description The account. */
    RegisterResponse: {
      /** @description Its address, as it is compared: lower case. */
      email: string;
      /**
       * Format: uuid
       * @description Its id.
       */
      id: string;
    };
    /** @description Who shall leave. The address may stand in the query string instead. */
    RemoveRequest: {
      /** @description Address. */
      email?: string | null;
    };
    /** @description That a member was removed. */
    RemovedResponse: {
      /** @description Who. */
      email: string;
      /** @description `removed` */
      status: string;
    };
    /** @description What a sign-in page needs to know before anybody is signed in. */
    SetupResponse: {
      /** @description Whether there is any account. */
      has_accounts: boolean;
      /** @description Whether anybody may make one. */
      is_registration_open: boolean;
    };
    /** @description That something was done. */
    StatusResponse: {
      /** @description What was done, in one word. */
      status: string;
    };
    /** @description The tokens of a session. Never cached. */
    TokenResponse: {
      /** @description For `Authorization: Bearer`. */
      access_token: string;
      /**
       * Format: int64
       * @description Seconds until the access token ends.
       * @example 900
       */
      expires_in: number;
      /** @description For `POST /api/refresh`, once. */
      refresh_token: string;
      /**
       * @description Always `bearer`.
       * @example bearer
       */
      token_type: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  index: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  jwks: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  login: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["LoginRequest"];
        "application/x-www-form-urlencoded": components["schemas"]["LoginRequest"];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["TokenResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `invalid_credentials` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  logout: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["LogoutRequest"] | null;
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StatusResponse"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  get_me: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MeResponse"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  delete_me: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["DeleteMeRequest"];
      };
    };
    responses: {
      /** @description `{"status":"deleted"}` */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StatusResponse"];
        };
      };
      /** @description `wrong_password` at `password` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `last_owner`: `errors` names the projects */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  change_password: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["PasswordRequest"];
      };
    };
    responses: {
      /** @description `{"status":"changed"}` */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StatusResponse"];
        };
      };
      /** @description Invalid, or `wrong_password` at `current_password` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  list_projects: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ProjectResponse"][];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  create_project: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ProjectRequest"];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ProjectResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `name_taken`: the slug belongs to another project */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  get_project: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ProjectResponse"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  delete_project: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description `{"status":"deleted"}` */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StatusResponse"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  change_project: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ProjectPatch"];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ProjectResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `name_taken` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  list_keys: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["KeyResponse"][];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  create_key: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["KeyRequest"] | null;
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["NewKeyResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `key_taken`: the key is, or was, a key here */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  revoke_key: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
        /** @description Id of the key */
        key_id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description `{"status":"revoked"}` */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["StatusResponse"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project or key, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  get_limits: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["LimitsResponse"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  list_members: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MemberResponse"][];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  add_member: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["MemberRequest"];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MemberResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `already_a_member` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  remove_member: {
    parameters: {
      query?: {
        /** @description Who, when there is no body */
        email?: string;
      };
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": components["schemas"]["RemoveRequest"] | null;
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RemovedResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project or member, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `last_owner` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  change_member: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description Id or slug of the project */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["MemberRequest"];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["MemberResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description No such project or member, or not a member */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `last_owner` */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  refresh: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["RefreshRequest"];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["TokenResponse"];
        };
      };
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description `invalid_refresh_token` */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  register: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["RegisterRequest"];
      };
    };
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["RegisterResponse"];
        };
      };
      /** @description Invalid, or `email_taken` */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      /** @description Registration is closed */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ErrorBody"];
        };
      };
    };
  };
  get_setup: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["SetupResponse"];
        };
      };
    };
  };
}

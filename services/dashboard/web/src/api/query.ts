// Made of the query API's OpenAPI document: do not edit.
export interface paths {
  "/": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What this is. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Info"];
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/openapi.json": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** This document. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description OK */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/docs": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** This document for people. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description OK */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/trends": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One event over time. */
    get: {
      parameters: {
        query: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
          /** @description The event's name. */
          event: string;
          /** @description YYYY-MM-DD (the whole local day), RFC 3339, or how long ago: -29d (the local day), -24h. */
          date_from?: string;
          /** @description As date_from; both ends are included. */
          date_to?: string;
          /** @description hour, day, week or month. */
          interval?: string;
          /** @description total, unique, dau, wau, mau, sum, avg, min, max, median, p90, p95, p99, first_time. */
          math?: string;
          /** @description What sum, avg, … are of. */
          property?: string;
          /** @description A property, or JSON. */
          breakdown?: string;
          /** @description JSON: a list of filters. */
          filters?: string;
          /** @description IANA name; UTC unless given. */
          timezone?: string;
          /** @description monday or sunday. */
          week_start?: string;
          /** @description true: not from the cache. */
          refresh?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Trend"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/funnels": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** How far persons come through steps. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["FunnelRequest"];
        };
      };
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Funnel"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/events/recent": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The latest events. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
          /** @description 1 to 500, default 50. */
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["RecentEvents"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/query": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Any query, answered at once. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["QueryRequest"];
        };
      };
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["QueryAnswer"];
          };
        };
        /** @description 202 */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["JobMade"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/query/estimate": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** What a query would cost. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["QueryRequest"];
        };
      };
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Cost"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/query/async": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The project's jobs, newest first. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
          /** @description pending, running, completed or failed. */
          status?: string;
          /** @description 1 to 1000, default 100. */
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Jobs"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    /** Any query, as a job. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["QueryRequest"];
        };
      };
      responses: {
        /** @description 202 */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["JobMade"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/query/async/{job_id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A job and its result. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          job_id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["JobEnded"];
          };
        };
        /** @description 202 */
        202: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["JobRunning"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    post?: never;
    /** Stops a job. */
    delete: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          job_id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["JobEnded"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/dashboards": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The project's dashboards. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Dashboards"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    /** Makes a dashboard. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["DashboardRequest"];
        };
      };
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Dashboard"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/dashboards/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A dashboard, with results if asked. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
          /** @description true: the widgets are run. */
          with_results?: boolean;
          /** @description true: not from the cache. */
          refresh?: boolean;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["DashboardAnswer"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    post?: never;
    /** Removes a dashboard. */
    delete: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Deleted"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    options?: never;
    head?: never;
    /** Changes a dashboard. */
    patch: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["DashboardChange"];
        };
      };
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Dashboard"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    trace?: never;
  };
  "/api/dashboards/{id}/duplicate": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Copies a dashboard. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Dashboard"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/dashboards/{id}/share": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Makes a link to a dashboard. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Link"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    /** Revokes every link to a dashboard. */
    delete: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Link"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/insights": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The project's saved insights. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Insights"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    /** Saves an insight under a name. */
    post: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["InsightRequest"];
        };
      };
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Insight"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/insights/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Removes a saved insight. */
    delete: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Deleted"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    options?: never;
    head?: never;
    /** Changes a saved insight. */
    patch: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": components["schemas"]["InsightChange"];
        };
      };
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Insight"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    trace?: never;
  };
  "/api/shared/{token}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The dashboard of a link, with results. */
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          token: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["DashboardWithResults"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/reconciliation": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Whether every accepted event is accounted for. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
          /** @description YYYY-MM-DD (the whole local day), RFC 3339, or how long ago: -29d (the local day), -24h. */
          date_from?: string;
          /** @description As date_from; both ends are included. */
          date_to?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Reconciliation"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/pipeline": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How the pipeline is doing. */
    get: {
      parameters: {
        query?: {
          /** @description Required with a token; with a key only its own project. */
          project_id?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        /** @description 200 */
        200: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Pipeline"];
          };
        };
        /** @description What is wrong. */
        default: {
          headers: {
            [name: string]: unknown;
          };
          content: {
            "application/json": components["schemas"]["Error"];
          };
        };
      };
    };
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
    Any: unknown;
    /** @description 400 the request is wrong, all faults at once; 401, 403, 404; 409 conflict; 413; 422 too_expensive; 429 busy; 503 unavailable; 504 timed_out. */
    Error: {
      /** @description One sentence for people. */
      detail: string;
      /** @description Stable, snake_case. */
      code: string;
      errors?: {
        path?: string;
        code: string;
        detail: string;
      }[];
      limit?: string;
      allowed?: number;
      needed?: number | null;
      hint?: string;
    };
    Info: {
      service?: string;
      docs?: string;
      health?: string;
    };
    /** @description Filters in a list must all hold. `op` is exact unless given; a property that is null is not set. */
    Filter:
      | {
          property: string;
          /** @enum {string} */
          op?:
            | "exact"
            | "is_not"
            | "icontains"
            | "not_icontains"
            | "regex"
            | "not_regex"
            | "is_set"
            | "is_not_set"
            | "gt"
            | "gte"
            | "lt"
            | "lte"
            | "in"
            | "not_in"
            | "is_date_before"
            | "is_date_after";
          value?: unknown;
        }
      | {
          any: components["schemas"]["Filter"][];
        }
      | {
          all: components["schemas"]["Filter"][];
        };
    /** @description RFC 3339 with milliseconds: all events accepted before it are in the answer; null when that is not known. */
    Instant: string | null;
    /** @description `series` for one series without breakdown, else `results`. */
    Trend: {
      series?: number[];
      results?: {
        label?: string;
        data?: number[];
      }[];
      labels: string[];
      complete_until: components["schemas"]["Instant"];
      quarantined?: number;
      /** @description Names that no event carries, in an answer that says nothing. */
      hints?: {
        /** @enum {string} */
        kind?: "event" | "property";
        unknown?: string;
        nearest?: string[];
      }[];
    };
    FunnelRequest: {
      project_id?: string;
      /** @description 2 to 20. */
      steps: (
        | string
        | {
            event?: string | null;
            filters?: components["schemas"]["Filter"][];
          }
      )[];
      date_from?: string;
      date_to?: string;
      timezone?: string;
      /** @description true (default): ordered in a window; false: each step by itself. */
      strict?: boolean;
      /** @description 1 to 365, default 30. */
      conversion_window_days?: number;
      conversion_window_seconds?: number;
      /** @enum {string} */
      order?: "ordered" | "strict" | "unordered" | "simple";
      breakdown?: unknown;
      exclusions?: unknown[];
      filters?: components["schemas"]["Filter"][];
      refresh?: boolean;
      max_age?: number;
    };
    Funnel: {
      steps: {
        step?: number;
        event?: string | null;
        count?: number;
        conversion?: number;
        average_seconds?: number | null;
        median_seconds?: number | null;
      }[];
      /** @enum {string} */
      mode: "strict" | "simple";
      conversion_window_days?: number;
      order?: string;
      complete_until: components["schemas"]["Instant"];
      /** @description Names that no event carries, in an answer that says nothing. */
      hints?: {
        /** @enum {string} */
        kind?: "event" | "property";
        unknown?: string;
        nearest?: string[];
      }[];
    };
    RecentEvents: {
      events: {
        timestamp?: string;
        distinct_id?: string;
        event?: string;
        properties?: Record<string, never>;
      }[];
      complete_until?: components["schemas"]["Instant"];
    };
    QueryRequest: {
      /** @enum {string} */
      type:
        | "trends"
        | "funnels"
        | "funnel_persons"
        | "retention"
        | "stickiness"
        | "lifecycle"
        | "paths"
        | "sessions"
        | "events"
        | "persons"
        | "catalogue"
        | "live"
        | "trace"
        | "trend"
        | "funnel";
      /** @description Common: date_from, date_to, timezone, filters, refresh, max_age. The rest depends on the type; unknown fields are a 400 that names them. */
      params?: Record<string, never>;
      project_id?: string;
      /**
       * @description job: a query that costs too much becomes a job, answered with 202.
       * @enum {string}
       */
      when_expensive?: "fail" | "job";
    };
    QueryAnswer: {
      result: unknown;
      complete_until: components["schemas"]["Instant"];
      /** @description Dead letters that are not in the result; absent when there are none. */
      quarantined?: number;
      cached: boolean;
      approximate:
        | false
        | {
            method: string;
            relative_error: number;
          };
      rows_read: number;
      elapsed_ms: number;
      /** @description Names that no event carries, in an answer that says nothing. */
      hints?: {
        /** @enum {string} */
        kind?: "event" | "property";
        unknown?: string;
        nearest?: string[];
      }[];
    };
    Cost: {
      rows: number;
      bytes: number;
      seconds: number;
      /** @enum {string} */
      would_run: "now" | "job" | "refused";
      limits: {
        now?: {
          rows?: number;
          memory_bytes?: number;
          seconds?: number;
        };
        job?: {
          rows?: number;
          memory_bytes?: number;
          seconds?: number;
        };
      };
    };
    JobMade: {
      job_id: string;
      /** @constant */
      status: "pending";
    };
    JobRunning: {
      job_id: string;
      /** @enum {string} */
      status: "pending" | "running";
      progress: number;
    };
    JobEnded: {
      job_id: string;
      /** @enum {string} */
      status: "completed" | "failed";
      /** @description The inner result; {error, code} of a failed job, `cancelled` when somebody stopped it. */
      result: unknown;
      complete_until?: components["schemas"]["Instant"];
    };
    Jobs: {
      job_id?: string;
      type?: string;
      params?: Record<string, never>;
      /** @enum {string} */
      status?: "pending" | "running" | "completed" | "failed";
      progress?: number;
      error?: string | null;
      created_at?: string;
      started_at?: string | null;
      finished_at?: string | null;
      expires_at?: string;
    }[];
    DashboardRequest: {
      project_id?: string;
      name: string;
      layout?: ({
        type: string;
        params?: Record<string, never>;
      } & {
        [key: string]: unknown;
      })[];
    };
    DashboardChange: {
      project_id?: string;
      name?: string;
      layout?: ({
        type: string;
        params?: Record<string, never>;
      } & {
        [key: string]: unknown;
      })[];
    };
    Dashboard: {
      id: string;
      name: string;
      layout: ({
        type: string;
        params?: Record<string, never>;
      } & {
        [key: string]: unknown;
      })[];
      created_at: string;
      updated_at: string;
    };
    Dashboards: components["schemas"]["Dashboard"][];
    InsightRequest: {
      project_id?: string;
      name: string;
      widget: {
        type: string;
        params?: Record<string, never>;
      } & {
        [key: string]: unknown;
      };
    };
    InsightChange: {
      project_id?: string;
      name?: string;
      widget?: {
        type: string;
        params?: Record<string, never>;
      } & {
        [key: string]: unknown;
      };
    };
    Insight: {
      id: string;
      name: string;
      widget: {
        type: string;
        params?: Record<string, never>;
      } & {
        [key: string]: unknown;
      };
      created_at: string;
      updated_at: string;
    };
    Insights: components["schemas"]["Insight"][];
    DashboardWithResults: {
      dashboard: components["schemas"]["Dashboard"];
      widgets: {
        index?: number;
        type?: string;
        params?: Record<string, never>;
        /** @description The inner result; or error in its place. */
        data?: unknown;
        error?: string;
        code?: string;
        complete_until?: components["schemas"]["Instant"];
        cached?: boolean;
      }[];
    };
    DashboardAnswer: components["schemas"]["Dashboard"] | components["schemas"]["DashboardWithResults"];
    Deleted: {
      /** @constant */
      deleted: true;
    };
    Link: {
      token: string | null;
    };
    Reconciliation: {
      accepted: number;
      stored: number;
      duplicate: number;
      quarantined: number;
      removed: number;
      in_flight: number;
      exact: boolean;
      differences: Record<string, never>[];
      checked_at: string;
    };
    Pipeline: {
      /** @description Over the last minute. */
      events_per_second: number;
      lag: {
        partition: number;
        next_offset: number;
        last_appended_at: string;
        last_inserted_at: string;
        complete_until: components["schemas"]["Instant"];
        lag_ms: number | null;
      }[];
      /** @description From capture to queryable, over the last hour. */
      freshness: {
        p50_ms: number | null;
        p95_ms: number | null;
        p99_ms: number | null;
      };
      last_hour: {
        stored: number;
        duplicate: number;
        quarantined: number;
      };
      /** @description Refused by the capture API in the last 24 hours. */
      refused: {
        reason: string;
        count: number;
        detail: string | null;
        example: string | null;
        last_at: string;
      }[];
      dead_letters: {
        reason: string;
        count: number;
        detail: string | null;
        example: string | null;
        last_at: string;
      }[];
      checked_at: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;

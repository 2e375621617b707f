import NIOCore

/// Every bound of the registry client, with its unit and reason.
enum Limit {
    /// Largest manifest or index read, in bytes. distribution-spec: "MUST support manifest pushes of at least 4
    /// megabytes"; what is larger is taken for an attack.
    static let manifestBytes = 4 << 20
    /// Largest error document, token answer or ping answer read, in bytes.
    static let answerBytes = 1 << 20
    /// Redirects followed for one request; Go's client, and so dockerd, stops at the same number.
    static let redirects = 10
    /// Attempts at one request, or at one blob without a byte of progress, the first included.
    static let attempts = 5
    /// Longest wait before another attempt, also when the registry's Retry-After asks for more.
    static let waitSeconds: Int64 = 30
    /// To establish a connection, TLS included.
    static let connectTime = TimeAmount.seconds(30)
    /// Silence on a connection before it counts as broken.
    static let idleTime = TimeAmount.seconds(60)
    /// For a small exchange from start to end: manifests, tokens, pings.
    static let exchangeTime = TimeAmount.minutes(2)
    /// For one blob in one request. A slow line may take long; the idle limit ends dead ones.
    static let blobTime = TimeAmount.hours(24)
    /// Assumed life of a token that doesn't say, in seconds (distribution, token specification "expires_in").
    static let tokenSeconds: Int64 = 60
    /// A token is renewed this many seconds before it ends, for clocks that differ and requests that wait.
    static let tokenMarginSeconds: Int64 = 10
    /// Tokens remembered; past it the oldest go.
    static let tokens = 256
    /// How long the way to a registry (scheme, challenge) is remembered, in seconds.
    static let routeSeconds: Int64 = 300
    /// Tags read of one repository for `pull --all-tags`.
    static let tags = 10_000
    /// Repositories asked for a blob before it is uploaded.
    static let mountAttempts = 4
}

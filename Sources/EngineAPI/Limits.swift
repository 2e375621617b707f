/// What a request may bring.
enum Limit {
    /// A JSON body, in bytes. A container's configuration with thousands of variables stays far below.
    static let bodyBytes = 16 << 20
    /// `X-Registry-Auth` after decoding, in bytes.
    static let authBytes = 64 << 10
}

/// What a node's process says of itself on its standard output, and keeps in a file for those who come later.
package enum NodeWords {
    /// Of a control plane: the API answers, and what a client or a joining node needs can be read.
    package static let serves = "node serves the API"
    package static let isReady = "node is ready"

    /// Gone when the process starts; then holds the newest of the words. In a file system that a reboot empties.
    package static let file = "/run/hako-node"

    /// Whether a node that said `word` is as far as `wanted`.
    static func reaches(_ word: String, _ wanted: String) -> Bool {
        word == wanted || (wanted == serves && word == isReady)
    }
}

/// Where a control plane leaves the token by which further nodes join.
package enum JoinFile {
    package static let path = "/var/lib/hako/join.token"
}

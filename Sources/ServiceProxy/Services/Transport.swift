/// The protocols that services have, by their names in nft(8).
enum Transport: String, Sendable, Hashable, CaseIterable {
    case tcp, udp, sctp

    /// Nil for one that services can't have; an empty name is TCP.
    init?(kubernetes name: String) { self.init(rawValue: name.isEmpty ? "tcp" : name.lowercased()) }
}

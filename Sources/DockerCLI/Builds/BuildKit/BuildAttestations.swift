import CommandLine

/// `--attest`, `--provenance` and `--sbom`: documents about how an image was made, which builders here don't make.
enum BuildAttestations {
    /// Throws for what the original doesn't understand either.
    static func check(_ options: BuildOptions) throws(Failure) {
        for text in options.attestations where !CommaFields.split(text).contains(where: { $0.hasPrefix("type=") }) {
            guard text.contains("=") else { throw Failure("invalid value \(text)") }
            throw Failure("attestation type not specified")
        }
        for text in [options.provenance, options.sbom] where !text.isEmpty && flag(text) == nil {
            guard text.contains("=") else { throw Failure("invalid value \(text)") }
        }
    }

    private static func flag(_ text: String) -> Bool? { try? GoValue.bool(text) }

    static func isWanted(_ options: BuildOptions) throws(Failure) -> Bool {
        let isNamed = options.attestations.contains { text in
            !CommaFields.split(text).contains { $0.hasPrefix("disabled=") && flag(String($0.dropFirst(9))) == true }
        }
        return isNamed || [options.provenance, options.sbom].contains { !$0.isEmpty && flag($0) != false }
    }

    /// As the original's client says it of such a daemon.
    static func refusal(takesAll: Bool) -> Failure {
        takesAll
            ? Failure("Attestations are not supported by the current BuildKit daemon")
            : Failure(
                "Attestation is not supported for the docker driver.\n"
                    + "Switch to a different driver, or turn on the containerd image store, and try again.\n"
                    + "Learn more at https://docs.docker.com/go/attestations/")
    }
}

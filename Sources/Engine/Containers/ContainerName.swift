import Fault

/// The rules for containers' names, and names for those who ask for none.
package enum ContainerName {
    /// The name without the slash that old clients send. Throws `invalid` in Docker's words.
    package static func validated(_ asked: String) throws(Fault) -> String {
        let name = asked.hasPrefix("/") ? String(asked.dropFirst()) : asked
        let bytes = Array(name.utf8)
        guard bytes.count >= 2, isAlphanumeric(bytes[0]),
            bytes.dropFirst().allSatisfy({ isAlphanumeric($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D })
        else {
            throw Fault(
                .invalid, "Invalid container name (\(asked)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        }
        return name
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// `quiet_harbor`; the same with a digit when the first choices are taken.
    package static func generate(
        _ random: inout some RandomNumberGenerator, isTaken: (String) -> Bool
    ) -> String {
        for attempt in 0... {
            let adjective = adjectives.randomElement(using: &random) ?? "plain"
            let surname = surnames.randomElement(using: &random) ?? "hopper"
            let suffix = attempt < 3 ? "" : "\(UInt32.random(in: 0..<10_000, using: &random))"
            let name = "\(adjective)_\(surname)\(suffix)"
            if !isTaken(name) { return name }
        }
        return "unnamed"
    }

    static let adjectives = [
        "able", "airy", "amber", "ample", "ardent", "astute", "avid", "balmy", "blithe", "bold", "brave", "breezy",
        "bright", "brisk", "calm", "candid", "cheery", "civil", "clear", "clever", "cosy", "crisp", "curious",
        "daring", "deft", "dewy", "eager", "earnest", "easy", "elated", "fair", "faithful", "fearless", "fleet",
        "fluent", "fond", "frank", "fresh", "gallant", "gentle", "glad", "golden", "graceful", "hale", "happy",
        "hardy", "hearty", "honest", "hopeful", "humble", "jolly", "jovial", "joyful", "keen", "kind", "lively",
        "loyal", "lucid", "lucky", "mellow", "merry", "mighty", "mild", "modest", "neat", "nimble", "noble", "patient",
        "placid", "plucky", "polite", "proud", "quick", "quiet", "ready", "robust", "rosy", "serene", "shiny",
        "silent", "sincere", "smart", "snug", "sober", "solid", "spry", "stable", "steady", "stoic", "sunny", "swift",
        "tender", "tidy", "tranquil", "trusty", "upbeat", "valiant", "vivid", "warm", "wise", "witty", "worthy",
        "young", "zealous", "zesty",
    ]

    /// People who moved computing, mathematics, seafaring and the sciences forward.
    static let surnames = [
        "abel", "ampere", "anning", "archimedes", "avicenna", "babbage", "backus", "banneker", "bernoulli", "blackwell",
        "bohr", "boole", "boyle", "brahe", "brunel", "cantor", "carson", "cauchy", "celsius", "chandra", "chomsky",
        "church", "clarke", "cook", "copernicus", "cray", "curie", "darwin", "descartes", "dijkstra", "dirac",
        "earhart",
        "edison", "eratosthenes", "erdos", "erlang", "euclid", "euler", "faraday", "fermat", "fermi", "feynman",
        "fibonacci", "floyd", "fourier", "franklin", "galileo", "galois", "gauss", "goodall", "hamilton", "hamming",
        "harrison", "herschel", "hilbert", "hoare", "hopper", "hubble", "huygens", "hypatia", "ibnbattuta", "ino",
        "jacquard", "johnson", "joliot", "kahan", "kepler", "khwarizmi", "kilby", "knuth", "kovalevskaya", "lagrange",
        "lamarr", "lamport", "laplace", "lavoisier", "leibniz", "linnaeus", "liskov", "lovelace", "magellan", "maxwell",
        "mccarthy", "meitner", "mendel", "mercator", "milner", "minsky", "mirzakhani", "moore", "napier", "naur",
        "newton", "noether", "oersted", "ohm", "pascal", "pasteur", "perlis", "planck", "poincare", "polya", "ptolemy",
        "ramanujan", "riemann", "ritchie", "sagan", "seki", "shannon", "simon", "sutherland", "tesla", "thompson",
        "torvalds", "turing", "volta", "wiles", "wilkes", "wirth", "yukawa", "zheng", "zuse",
    ]
}

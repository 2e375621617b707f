/// `pull_policy` values that go by an image's age.
package enum PullPolicy {
    /// Seconds after which an image is pulled again; nil: the policy isn't about age.
    package static func interval(_ policy: String) -> Double? {
        switch policy {
        case "daily": return day
        case "weekly": return 7 * day
        default: break
        }
        guard policy.hasPrefix("every_") else { return nil }
        var total = 0.0
        var digits = ""
        for character in policy.dropFirst("every_".count) {
            if character.isNumber {
                digits.append(character)
                continue
            }
            guard let unit = units[character], let count = Double(digits) else { return nil }
            total += count * unit
            digits = ""
        }
        return total
    }

    private static let day = 86_400.0
    private static let units: [Character: Double] = ["w": 7 * day, "d": day, "h": 3_600, "m": 60, "s": 1]
}

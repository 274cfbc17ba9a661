package dev.certfleet.agent.settings;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of the settings file. Each key that is asked for becomes known; {@link #end()} refuses the others and says
 * which known key they are closest to.
 */
public final class Section {
    private static final Pattern SHORT_DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");

    private final String path;
    private final Map<String, Object> values;
    private final Set<String> known = new LinkedHashSet<>();

    public Section(String path, @Nullable Object value) {
        this.path = path;
        this.values = new LinkedHashMap<>();
        if (value == null) {
            return;
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw wrong((path.isEmpty() ? "the file" : path) + " has to be a mapping of keys to values");
        }
        map.forEach((key, entry) -> {
            if (entry != null) {
                values.put(String.valueOf(key), entry);
            }
        });
    }

    public Set<String> keys() {
        return values.keySet();
    }

    public boolean has(String key) {
        known.add(key);
        return values.containsKey(key);
    }

    public Section section(String key) {
        known.add(key);
        return new Section(name(key), values.get(key));
    }

    public Optional<String> text(String key) {
        known.add(key);
        Object value = values.get(key);
        if (value == null) {
            return Optional.empty();
        }
        return Optional.of(scalar(name(key), value));
    }

    /** True where the key has a single value. */
    boolean isText(String key) {
        known.add(key);
        Object value = values.get(key);
        return value != null && !(value instanceof Map) && !(value instanceof List);
    }

    public boolean flag(String key, boolean otherwise) {
        known.add(key);
        Object value = values.get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(name(key) + " has to be true or false");
    }

    public List<String> texts(String key) {
        known.add(key);
        Object value = values.get(key);
        if (value == null) {
            return List.of();
        }
        return strings(name(key), value);
    }

    /** Argument vectors: a list of lists of strings. A single string is refused, for there is no shell to read it. */
    public List<List<String>> commands(String key) {
        known.add(key);
        Object value = values.get(key);
        if (value == null) {
            return List.of();
        }
        String hint = name(key) + " has to be a list of commands, each a list of arguments, as in"
                + " [[systemctl, reload, nginx]]; there is no shell";
        if (!(value instanceof List<?> commands)) {
            throw wrong(hint);
        }
        List<List<String>> vectors = new ArrayList<>();
        for (Object command : commands) {
            if (!(command instanceof List<?> arguments) || arguments.isEmpty()) {
                throw wrong(hint);
            }
            vectors.add(strings(name(key), arguments));
        }
        return List.copyOf(vectors);
    }

    public Duration duration(String key, Duration otherwise) {
        return text(key).map(text -> parseDuration(name(key), text)).orElse(otherwise);
    }

    public Path path(String key, Path otherwise) {
        return text(key)
                .map(text -> {
                    Path set = Path.of(text);
                    if (!set.isAbsolute()) {
                        throw wrong(name(key) + " has to be an absolute path, not '" + text + "'");
                    }
                    return set.normalize();
                })
                .orElse(otherwise);
    }

    /** @throws Trouble where the section has a key that nothing asked for */
    public void end() {
        for (String key : values.keySet()) {
            if (!known.contains(key)) {
                throw wrong("there is no setting '" + name(key) + "'" + suggestion(key));
            }
        }
    }

    /** The full name of a key, as messages use it. */
    public String name(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    public static Trouble wrong(String message) {
        return new Trouble(ExitCode.SETTINGS, message);
    }

    private String suggestion(String key) {
        return known.stream()
                .min(Comparator.comparingInt(candidate -> distance(key, candidate)))
                .filter(candidate -> distance(key, candidate) <= Math.max(2, key.length() / 2))
                .map(candidate -> "; did you mean '" + name(candidate) + "'?")
                .orElseGet(() -> "; there are " + String.join(", ", known));
    }

    private static String scalar(String name, Object value) {
        if (value instanceof Map || value instanceof List) {
            throw wrong(name + " has to be a single value");
        }
        return String.valueOf(value).strip();
    }

    private static List<String> strings(String name, Object value) {
        if (!(value instanceof List<?> list)) {
            throw wrong(name + " has to be a list");
        }
        List<String> texts = new ArrayList<>();
        for (Object item : list) {
            texts.add(scalar(name, item == null ? "" : item));
        }
        return List.copyOf(texts);
    }

    private static Duration parseDuration(String name, String text) {
        Matcher matcher = SHORT_DURATION.matcher(text);
        if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                case "m" -> Duration.ofMinutes(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofDays(amount);
            };
        }
        try {
            Duration duration = Duration.parse(text);
            if (duration.isNegative()) {
                throw wrong(name + " must not be negative");
            }
            return duration;
        } catch (DateTimeParseException e) {
            throw new Trouble(
                    ExitCode.SETTINGS, name + " has to be a duration such as 15s, 10m or PT1H, not '" + text + "'", e);
        }
    }

    /** Levenshtein distance, without regard to case. */
    static int distance(String one, String other) {
        int[] previous = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] current = new int[other.length() + 1];
            current[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                boolean same = Character.toLowerCase(one.charAt(i - 1)) == Character.toLowerCase(other.charAt(j - 1));
                current[j] = Math.min(Math.min(current[j - 1], previous[j]) + 1, previous[j - 1] + (same ? 0 : 1));
            }
            previous = current;
        }
        return previous[other.length()];
    }
}

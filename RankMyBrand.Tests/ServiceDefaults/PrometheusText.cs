using System.Globalization;
using System.Text.RegularExpressions;

namespace RankMyBrand.Tests.ServiceDefaults;

/// <summary>Reads Prometheus text 0.0.4 strictly: whatever it cannot read, Prometheus could not either.</summary>
internal sealed partial class PrometheusText
{
    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Help { get; } = new(StringComparer.Ordinal);

    public List<Sample> Samples { get; } = [];

    /// <summary>
    /// Reads a text. The services of tests that run side by side share their meters' names, and one that ends may leave a series
    /// for a moment beside that of the next; such a text is read with <paramref name="shared"/>.
    /// </summary>
    public static PrometheusText Parse(string text, bool shared = false)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var result = new PrometheusText();
        var family = "";
        var closed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                Assert.Equal(4, parts.Length);
                Assert.True(closed.Add(parts[2]), $"'{parts[2]}' is described twice");
                family = parts[2];
                result.Types.Add(family, parts[3]);
            }
            else if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ', 4);
                Assert.Equal(family, parts[2]);
                result.Help.Add(parts[2], parts[3]);
            }
            else
            {
                var sample = ReadSample(line);
                Assert.Contains(sample.Name, (string[])[family, $"{family}_bucket", $"{family}_sum", $"{family}_count"]);
                result.Samples.Add(sample);
            }
        }

        Assert.True(
            shared || result.Samples.Count == result.Samples.Select(sample => sample.Series).Distinct(StringComparer.Ordinal).Count(),
            "a series is written twice");
        return result;
    }

    /// <summary>Checks that buckets grow, end in +Inf and agree with the count.</summary>
    public void AssertHistogramsAreSound(Func<Sample, bool>? which = null)
    {
        foreach (var (name, _) in Types.Where(type => type.Value is "histogram"))
        {
            var histograms = Samples
                .Where(sample => sample.Name == $"{name}_bucket" && which?.Invoke(sample) != false)
                .GroupBy(sample => sample.SeriesWithout("le"), StringComparer.Ordinal);
            foreach (var buckets in histograms)
            {
                var bounds = buckets.Select(bucket => Number(bucket.Labels["le"])).ToList();
                var counts = buckets.Select(bucket => bucket.Value).ToList();
                Assert.Equal(bounds.Order(), bounds);
                Assert.Equal(counts.Order(), counts);
                Assert.Equal(double.PositiveInfinity, bounds[^1]);
                var labels = buckets.Key[$"{name}_bucket".Length..];
                Assert.Equal(counts[^1], Assert.Single(Samples, sample => sample.SeriesWithout("") == $"{name}_count{labels}").Value);
                Assert.Single(Samples, sample => sample.SeriesWithout("") == $"{name}_sum{labels}");
            }
        }
    }

    private static Sample ReadSample(string line)
    {
        var match = SampleLine().Match(line);
        Assert.True(match.Success, $"not a sample: {line}");
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match label in LabelPair().Matches(match.Groups["labels"].Value))
        {
            labels.Add(label.Groups["key"].Value, label.Groups["value"].Value);
        }

        return new Sample(match.Groups["name"].Value, labels, Number(match.Groups["value"].Value));
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*",?)*)\} (?<value>\S+)$""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SampleLine();

    [GeneratedRegex("""(?<key>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\\n]|\\[\\"n])*)"(,|$)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelPair();

    internal sealed record Sample(string Name, Dictionary<string, string> Labels, double Value)
    {
        public string Series => SeriesWithout("");

        public string SeriesWithout(string label)
        {
            var labels = Labels.Where(pair => pair.Key != label).OrderBy(pair => pair.Key, StringComparer.Ordinal);
            return $"{Name}{{{string.Join(',', labels.Select(pair => $"{pair.Key}={pair.Value}"))}}}";
        }
    }
}

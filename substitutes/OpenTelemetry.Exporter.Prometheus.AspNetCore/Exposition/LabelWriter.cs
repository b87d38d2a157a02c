using System.Buffers;

namespace OpenTelemetry.Exporter;

/// <summary>Writes labels between the braces of a sample.</summary>
internal struct LabelWriter(ArrayBufferWriter<byte> buffer)
{
    private const string Bound = "le";

    private readonly TextWriterUtf8 _text = new(buffer);
    private bool _started;

    public void Write(LabelSet labels)
    {
        foreach (var (name, value) in labels.Labels)
        {
            Write(name, value);
        }
    }

    /// <summary>Writes the tags of a point, without a tag named like the bound of a bucket if that would be ambiguous.</summary>
    public void Write(ReadOnlyTagCollection tags, bool skipBound)
    {
        if (HasCollision(tags))
        {
            Write(Merge(tags, skipBound));
            return;
        }

        foreach (var (key, value) in tags)
        {
            var name = PrometheusName.OfLabel(key);
            if (!skipBound || name is not Bound)
            {
                Write(name, LabelSet.Format(value));
            }
        }
    }

    private void Write(string name, string value)
    {
        if (_started)
        {
            _text.Write(","u8);
        }

        _started = true;
        _text.Write(name);
        _text.Write("=\""u8);
        _text.WriteEscaped(value, quotes: true);
        _text.Write("\""u8);
    }

    // Points have few tags: comparing each with each is cheaper than any table.
    private static bool HasCollision(ReadOnlyTagCollection tags)
    {
        var index = 0;
        foreach (var (key, _) in tags)
        {
            var (name, earlier) = (PrometheusName.OfLabel(key), 0);
            foreach (var (other, _) in tags)
            {
                if (earlier++ == index)
                {
                    break;
                }

                if (string.Equals(name, PrometheusName.OfLabel(other), StringComparison.Ordinal))
                {
                    return true;
                }
            }

            index++;
        }

        return false;
    }

    private static LabelSet Merge(ReadOnlyTagCollection tags, bool skipBound)
    {
        var sorted = new List<KeyValuePair<string, object?>>(tags.Count);
        foreach (var tag in tags)
        {
            sorted.Add(tag);
        }

        var labels = new LabelSet();
        foreach (var (key, value) in sorted.OrderBy(tag => tag.Key, StringComparer.Ordinal))
        {
            var name = PrometheusName.OfLabel(key);
            if (!skipBound || name is not Bound)
            {
                labels.Add(name, LabelSet.Format(value));
            }
        }

        return labels;
    }
}

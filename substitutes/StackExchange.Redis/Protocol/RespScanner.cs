namespace StackExchange.Redis;

/// <summary>
/// Finds where a reply ends. It is fed the bytes as they come and keeps its place between calls, so a reply may be split anywhere
/// and no byte is looked at twice.
/// </summary>
internal struct RespScanner
{
    private const int MaxLine = 1024 * 1024;
    private const int MaxNesting = int.MaxValue;

    // Elements still to come before the reply is complete; a fresh scanner expects one.
    private long _pending;

    // Bytes of a bulk string, with its line end, still to be passed over.
    private long _skip;

    private State _state;
    private byte _type;
    private bool _negative;
    private bool _digits;
    private long _number;
    private int _line;

    private enum State : byte { Type, Number, NumberEnd, Text, Bulk }

    /// <summary>Whether no byte of a reply has been seen yet.</summary>
    public readonly bool IsFresh => _state == State.Type && _pending == 0;

    /// <summary>Reads on, at most to the end of the reply.</summary>
    /// <param name="input">The bytes that follow those of the last call.</param>
    /// <param name="complete">Whether the reply ends with the last byte that was read.</param>
    /// <returns>How many bytes were read.</returns>
    /// <exception cref="RespException">The bytes are not RESP.</exception>
    public int Scan(ReadOnlySpan<byte> input, out bool complete)
    {
        var at = 0;
        complete = false;
        while (at < input.Length && !complete)
        {
            switch (_state)
            {
                case State.Type:
                    StartElement(input[at++]);
                    break;
                case State.Number:
                    at += ScanNumber(input[at..]);
                    break;
                case State.NumberEnd:
                    if (input[at++] != '\n') throw new RespException("A length is not followed by CR LF.");
                    complete = EndHeader();
                    break;
                case State.Text:
                    at += ScanText(input[at..], out complete);
                    break;
                default:
                    var passed = (int)Math.Min(_skip, input.Length - at);
                    at += passed;
                    _skip -= passed;
                    if (_skip == 0) complete = EndElement();
                    break;
            }
        }
        return at;
    }

    private void StartElement(byte type)
    {
        if (_pending == 0) _pending = 1;
        _type = type;
        _line = 0;
        switch (type)
        {
            case (byte)'+' or (byte)'-' or (byte)':' or (byte)',' or (byte)'#' or (byte)'_' or (byte)'(':
                _state = State.Text;
                break;
            case (byte)'$' or (byte)'!' or (byte)'=' or (byte)'*' or (byte)'%' or (byte)'~' or (byte)'>' or (byte)'|':
                _state = State.Number;
                (_number, _negative, _digits) = (0, false, false);
                break;
            default:
                throw new RespException($"0x{type:x2} does not begin a reply.");
        }
    }

    private int ScanNumber(ReadOnlySpan<byte> input)
    {
        for (var i = 0; i < input.Length; i++)
        {
            var c = input[i];
            if (c is >= (byte)'0' and <= (byte)'9')
            {
                _number = _number * 10 + (c - '0');
                _digits = true;
                if (_number > int.MaxValue) throw new RespException("A length is more than 2147483647.");
            }
            else if (c == '-' && !_digits && !_negative) _negative = true;
            else if (c == '\r' && _digits)
            {
                _state = State.NumberEnd;
                return i + 1;
            }
            else throw new RespException($"0x{c:x2} is not part of a length.");
        }
        return input.Length;
    }

    private int ScanText(ReadOnlySpan<byte> input, out bool complete)
    {
        complete = false;
        var end = input.IndexOf((byte)'\n');
        _line += end < 0 ? input.Length : end;
        if (_line > MaxLine) throw new RespException($"A line is longer than {MaxLine} bytes.");
        if (end < 0) return input.Length;
        complete = EndElement();
        return end + 1;
    }

    private bool EndHeader()
    {
        if (_negative && _number != 1) throw new RespException($"-{_number} is not a length.");
        if (_type is (byte)'$' or (byte)'!' or (byte)'=')
        {
            if (_negative) return EndElement();
            _state = State.Bulk;
            _skip = _number + 2;
            return false;
        }
        var children = _negative ? 0 : _type is (byte)'%' or (byte)'|' ? _number * 2 : _number;
        // Attributes come before the element they describe, which is still to come.
        if (_type == (byte)'|') children++;
        _pending += children;
        if (_pending > MaxNesting) throw new RespException($"A reply has more than {MaxNesting} elements.");
        return EndElement();
    }

    private bool EndElement()
    {
        _state = State.Type;
        return --_pending == 0;
    }
}

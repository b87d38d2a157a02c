using System.Text;

namespace Aspire.Hosting.Runtime;

/// <summary>A file of lines for its owner's eyes. When it is full it takes the place of the old one, and begins anew.</summary>
internal sealed class RotatingFile(string path, long limit) : IDisposable
{
    private readonly Lock _lock = new();
    private FileStream? _file;
    private bool _isDisposed;

    public void WriteLine(string line)
    {
        var bytes = Encoding.UTF8.GetBytes($"{line}\n");
        lock (_lock)
        {
            if (_isDisposed)
                return;
            try
            {
                if (_file is not null && _file.Position + bytes.Length > limit)
                    MakeOld();
                _file ??= Open();
                _file.Write(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full disk costs the line, not whoever wrote it.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _file?.Dispose();
        }
    }

    private void MakeOld()
    {
        _file!.Dispose();
        _file = null;
        File.Move(path, Path.ChangeExtension(path, "old.log"), overwrite: true);
    }

    // Without a buffer: whoever looks into the file sees the last line, also after a kill.
    private FileStream Open()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}

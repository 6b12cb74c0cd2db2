// JSON on standard input and output: data contracts by the names of their members, enumerations by the names of theirs.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Xml;

public static class Json
{
    // Base members first; a member of no data contract is none.
    static IEnumerable<KeyValuePair<string, FieldInfo>> Members(Type type)
    {
        if (type.BaseType == null) return Enumerable.Empty<KeyValuePair<string, FieldInfo>>();
        var flags = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var own = from field in type.GetFields(flags)
                  from DataMemberAttribute member in field.GetCustomAttributes(typeof(DataMemberAttribute), false)
                  select new KeyValuePair<string, FieldInfo>(member.Name ?? field.Name, field);
        return Members(type.BaseType).Concat(own);
    }

    public static string ClassName(object value)
    {
        var type = value.GetType();
        var contract = (DataContractAttribute)type.GetCustomAttributes(typeof(DataContractAttribute), false)[0];
        return contract.Name ?? type.Name;
    }

    public static string Write(object value)
    {
        if (value == null) return "null";
        if (value is bool) return (bool)value ? "true" : "false";
        if (value is int || value is long) return Convert.ToString(value, CultureInfo.InvariantCulture);
        if (value is DateTime) return Quote(((DateTime)value).ToString("o", CultureInfo.InvariantCulture));
        if (value is string || value is Enum) return Quote(value.ToString());
        var entries = value as IDictionary<string, object>;
        if (entries != null)
            return "{" + string.Join(",", entries.Select(entry => Quote(entry.Key) + ":" + Write(entry.Value))) + "}";
        var items = value as IEnumerable;
        if (items != null) return "[" + string.Join(",", items.Cast<object>().Select(Write)) + "]";
        var members = Members(value.GetType());
        return Write(members.ToDictionary(member => member.Key, member => member.Value.GetValue(value)));
    }

    static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in text)
        {
            if (letter == '"' || letter == '\\') quoted.Append('\\').Append(letter);
            else if (letter < ' ') quoted.AppendFormat("\\u{0:x4}", (int)letter);
            else quoted.Append(letter);
        }
        return quoted.Append('"').ToString();
    }

    public static XmlElement Parse(string line)
    {
        var document = new XmlDocument();
        var bytes = Encoding.UTF8.GetBytes(line);
        document.Load(JsonReaderWriterFactory.CreateJsonReader(bytes, XmlDictionaryReaderQuotas.Max));
        return document.DocumentElement;
    }

    // Fills a value of the type. A member that the type does not have is an error.
    public static object Read(Type type, XmlElement json)
    {
        if (json.GetAttribute("type") == "null") return null;
        if (type.IsEnum) return Enum.Parse(type, json.InnerText);
        if (type.IsArray)
        {
            var items = json.ChildNodes.Cast<XmlElement>().Select(item => Read(type.GetElementType(), item)).ToArray();
            var array = Array.CreateInstance(type.GetElementType(), items.Length);
            items.CopyTo(array, 0);
            return array;
        }
        if (type == typeof(string) || type.IsPrimitive)
            return Convert.ChangeType(json.InnerText, type, CultureInfo.InvariantCulture);
        var value = Activator.CreateInstance(type);
        foreach (XmlElement child in json.ChildNodes)
        {
            var field = Members(type).FirstOrDefault(member => member.Key == child.Name).Value;
            if (field == null) throw new ArgumentException(type.Name + " has no " + child.Name);
            field.SetValue(value, Read(field.FieldType, child));
        }
        return value;
    }
}
